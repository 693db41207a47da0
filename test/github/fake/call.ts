import type { Pull, State, Token } from './state.ts'

/** A request that obeys the contract, by somebody who may make it. */
export type Call = {
  readonly state: State
  readonly params: Readonly<Record<string, string>>
  readonly query: URLSearchParams
  // biome-ignore lint/suspicious/noExplicitAny: the contract has checked it
  readonly body: any
  readonly token: Token
  /** `http://127.0.0.1:1234/api/v3` */
  readonly base: string
  /** Path below the base. */
  readonly path: string
  /** Most bytes of a body: GitHub names 65,536 and takes 262,144. */
  readonly bodyLimit: number
}

export type Answer = { readonly status: number; readonly body?: unknown; readonly headers?: Readonly<Record<string, string>> }

export type Route = (call: Call) => Answer

export const ok = (body: unknown): Answer => ({ status: 200, body })
export const created = (body: unknown): Answer => ({ status: 201, body })
export const gone: Answer = { status: 204 }

const documentation = 'https://docs.github.com/rest'

export const refused = (status: number, message: string): Answer => ({
  status,
  body: { message, documentation_url: documentation, status: String(status) },
})

export const notFound = refused(404, 'Not Found')

/** GitHub's form for what is well formed and not acceptable. */
export const invalid = (resource: string, field: string, code: string, message?: string): Answer => ({
  status: 422,
  body: {
    message: 'Validation Failed',
    errors: [{ resource, code, field, ...(message && { message }) }],
    documentation_url: documentation,
    status: '422',
  },
})

/** What GitHub says of a long body, whatever its limit is by then: review-bot.md 6.4 */
export function tooLong(call: Call, resource: string, body: string): Answer | undefined {
  if (Buffer.byteLength(body, 'utf8') <= call.bodyLimit) return undefined
  return invalid(resource, 'data', 'unprocessable', 'Body is too long (maximum is 65536 characters)')
}

/** One page with the Link header of GitHub: 30 for who does not ask, never more than 100. */
export function paged(call: Call, all: readonly unknown[], wrap: (page: unknown[]) => unknown = (page) => page): Answer {
  const size = Math.min(Number(call.query.get('per_page') ?? 30), 100)
  const page = Number(call.query.get('page') ?? 1)
  const last = Math.max(1, Math.ceil(all.length / size))
  const link = (number: number, rel: string) => {
    const query = new URLSearchParams(call.query)
    query.set('page', String(number))
    return `<${call.base}${call.path}?${query}>; rel="${rel}"`
  }
  const links = [
    ...(page > 1 ? [link(page - 1, 'prev'), link(1, 'first')] : []),
    ...(page < last ? [link(page + 1, 'next'), link(last, 'last')] : []),
  ]
  return { ...ok(wrap(all.slice((page - 1) * size, page * size))), ...(links.length > 0 && { headers: { link: links.join(', ') } }) }
}

/** For routes of one pull request (issues have the same numbers): 404 when there is none. */
export const ofPull =
  (name: 'issue_number' | 'pull_number', route: (call: Call, pull: Pull) => Answer): Route =>
  (call) => {
    const pull = call.state.pulls.get(Number(call.params[name]))
    return pull ? route(call, pull) : notFound
  }
