import { OperationError } from '../operation-error.ts'

/** What an error of octokit tells: a refusal has a status; a lost connection counts as 500. */
export const statusOf = (error: unknown): number | undefined => (error instanceof Error ? (error as { status?: number }).status : undefined)

/** The request may have been carried out: the connection was lost, or the server failed after it had it. */
export const maybeDone = (error: unknown): boolean => (statusOf(error) ?? 0) >= 500

/** For `catch` where what is not there is an answer. */
export const absent =
  <T>(instead: T) =>
  (error: unknown): T => {
    if (statusOf(error) === 404) return instead
    throw error
  }

/**
 * For `catch`: what GitHub refused as an OperationError that says what was being done. `permission` is what the token needs, in the
 * words of a workflow's `permissions:`. The error of octokit is not handed on as the cause: it holds the whole request.
 */
export const githubFailed =
  (doing: string, permission: string) =>
  (error: unknown): never => {
    if (error instanceof OperationError || !(error instanceof Error)) throw error
    const said = oneLine(error.message)
    if (error.name === 'GraphqlResponseError') throw refusal('github-refused', doing, said, `The token needs the permission ${permission}.`)
    const status = statusOf(error)
    if (status === undefined) throw error
    throw refusal(...explained(status, doing, said, permission))
  }

type Refusal = [code: string, doing: string, said: string, hint: string]

function explained(status: number, doing: string, said: string, permission: string): Refusal {
  if (status === 401)
    return [
      'github-unauthorized',
      doing,
      said,
      'The token is wrong or has expired, or it is one of another server: check --api-url as well.',
    ]
  if (status === 429 || (status === 403 && /rate limit/i.test(said)))
    return ['github-rate-limited', doing, said, 'Run it again later; fewer runs at a time help.']
  if (status === 403)
    return [
      'github-forbidden',
      doing,
      said,
      `The token needs the permission ${permission}; the token of a pull request from a fork has none.`,
    ]
  if (status === 404) return ['github-not-found', doing, said, `It is not there, or the token cannot see it: that takes ${permission}.`]
  if (status < 500) return ['github-refused', doing, said, 'Nothing was changed by this request.']
  return ['github-unreachable', doing, said, 'GitHub or the network failed several times in a row: run it again later.']
}

const refusal = (code: string, doing: string, said: string, hint: string): OperationError =>
  new OperationError(code, `cannot ${doing}: ${said}`, hint)

/** GitHub's message without the address of its documentation, in one line of printable text. */
const oneLine = (text: string): string =>
  text
    .replace(/ - https:\/\/docs\.github\.com\S*$/, '')
    .replace(/[\s\p{Cc}]+/gu, ' ')
    .slice(0, 300)
    .trim()
