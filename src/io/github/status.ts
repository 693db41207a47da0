import type { GitHub } from './client.ts'
import { githubFailed } from './failure.ts'
import { inRepository, type Repository } from './repository.ts'

export type CommitStatus = {
  readonly repo: Repository
  readonly sha: string
  readonly state: 'error' | 'failure' | 'pending' | 'success'
  /** `pgfleet/services.yaml` */
  readonly context: string
  readonly description: string
  readonly url?: string
}

/** GitHub refuses a longer one: https://docs.github.com/en/rest/commits/statuses */
const longestDescription = 140

/** Sets the status of a commit, unless it has just that already: GitHub takes 1,000 per commit and context. */
export async function setStatus(
  client: GitHub,
  { repo, sha, state, context, description, url }: CommitStatus,
): Promise<'set' | 'unchanged'> {
  const failed = githubFailed(`set the status of ${sha.slice(0, 12)}`, 'statuses: write')
  const text = shortened(description)
  const statuses = await client
    .paginate(client.rest.repos.getCombinedStatusForRef, { ...inRepository(repo), ref: sha, per_page: 100 }, statusesOf)
    .catch(failed)
  const now = statuses.find((status) => status.context === context)
  if (now?.state === state && now.description === text && (now.target_url ?? undefined) === url) return 'unchanged'
  await client.rest.repos
    .createCommitStatus({ ...inRepository(repo), sha, state, context, description: text, ...(url && { target_url: url }) })
    .catch(failed)
  return 'set'
}

type Known = { readonly context: string; readonly state: string; readonly description: string | null; readonly target_url: string | null }

/** The list of a page. The types of plugin-paginate-rest take it for granted; here, where the page has a `url`, it does not unwrap it. */
const statusesOf = ({ data }: { data: unknown }): Known[] => (data as { statuses: Known[] }).statuses

/** At most 140 UTF-16 units, the stricter way to count, and no half of a character. */
function shortened(text: string): string {
  if (text.length <= longestDescription) return text
  let short = ''
  for (const character of text) {
    if (short.length + character.length > longestDescription - 1) break
    short += character
  }
  return `${short}…`
}
