import type { GitHub } from './client.ts'
import { absent, githubFailed, statusOf } from './failure.ts'
import { inRepository, type Repository } from './repository.ts'

/** Colour without `#`, as GitHub takes it; a name has at most 50 characters, a description 100. */
export type Label = { readonly name: string; readonly color: string; readonly description: string }

export type LabelRequest = {
  readonly repo: Repository
  readonly number: number
  /** All labels that results are shown with. Others, whatever their name, are somebody else's. */
  readonly known: readonly Label[]
  /** Names of those that the pull request shall have. */
  readonly wanted: readonly string[]
}

/** Gives a pull request exactly the result labels it shall have; makes those that the repository lacks. */
export async function setLabels(
  client: GitHub,
  { repo, number, known, wanted }: LabelRequest,
): Promise<{ readonly added: string[]; readonly removed: string[] }> {
  const issue = { ...inRepository(repo), issue_number: number }
  const failed = githubFailed(`set the labels of #${number}`, 'pull-requests: write')
  const present = new Set(
    (await client.paginate(client.rest.issues.listLabelsOnIssue, { ...issue, per_page: 100 }).catch(failed)).map(({ name }) => name),
  )
  const added = known.filter(({ name }) => wanted.includes(name) && !present.has(name))
  const removed = known.map(({ name }) => name).filter((name) => present.has(name) && !wanted.includes(name))
  for (const label of added) await ensureLabel(client, repo, label).catch(failed)
  if (added.length > 0) await client.rest.issues.addLabels({ ...issue, labels: added.map(({ name }) => name) }).catch(failed)
  for (const name of removed)
    await client.rest.issues
      .removeLabel({ ...issue, name })
      .catch(absent(undefined))
      .catch(failed)
  return { added: added.map(({ name }) => name), removed }
}

/** Makes a label with its colour. One that is there keeps its own (422); one that may not be made comes without when it is added. */
async function ensureLabel(client: GitHub, repo: Repository, label: Label): Promise<void> {
  await client.rest.issues.createLabel({ ...inRepository(repo), ...label }).catch((error) => {
    if (![403, 404, 422].includes(statusOf(error) ?? 0)) throw error
  })
}
