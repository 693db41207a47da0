// A GitHub in memory, for tests: strict about what it is asked (contract.ts), and able to fail as GitHub does.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type Answer, type Call, notFound, type Route, refused } from './call.ts'
import { operationOf, requestProblems, responseProblems } from './contract.ts'
import { graphql } from './graphql.ts'
import { issueRoutes } from './routes-issues.ts'
import { pullRoutes } from './routes-pulls.ts'
import { repositoryRoutes } from './routes-repository.ts'
import { emptyState, people, type State, type Token } from './state.ts'

const routes: Readonly<Record<string, Route>> = { ...issueRoutes, ...pullRoutes, ...repositoryRoutes }

export type Recorded = {
  readonly operation: string
  readonly url: string
  readonly headers: Record<string, unknown>
  readonly body: string
}

/** What goes wrong, once: an answer of our own, or the connection is cut before or after the request was carried out. */
export type Fault = { readonly operation: string; readonly answer?: Answer; readonly cut?: 'before' | 'after' }

export type Fake = {
  readonly apiUrl: string
  readonly state: State
  readonly requests: Recorded[]
  /** Breaches of the contract by either side: a test that leaves one here has failed. */
  readonly problems: string[]
  /** Each is used up by the first request that it matches. */
  readonly faults: Fault[]
  /** Runs before the next request of that operation is carried out: what others do meanwhile. */
  readonly before: (operation: string, meanwhile: () => unknown) => void
  readonly count: (operation: string) => number
  readonly close: () => Promise<void>
}

export const tokens: Readonly<Record<string, Token>> = {
  'ghs_actions-write': { user: people.actions, write: true },
  'ghs_actions-read': { user: people.actions, write: false },
  'ghs_app-write': { user: people.app, write: true },
  'ghp_alice-write': { user: people.alice, write: true },
}

export async function startFake({ basePath = '', bodyLimit = 65_536 } = {}): Promise<Fake> {
  const state = emptyState()
  const requests: Recorded[] = []
  const problems: string[] = []
  const faults: Fault[] = []
  const meanwhile: { operation: string; run: () => unknown }[] = []
  const server = createServer((request, response) => {
    serve(request, response).catch((error) => {
      problems.push(`the fake failed: ${error.stack}`)
      response.destroy()
    })
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const base = origin + basePath

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const text = await textOf(request)
    const url = new URL(request.url!, origin)
    if (url.pathname.startsWith('/store/')) return store(request, response, url)
    const path = url.pathname.slice(basePath.length)
    const isGraphql = url.pathname === (basePath === '/api/v3' ? '/api/graphql' : `${basePath}/graphql`)
    const named = isGraphql ? undefined : url.pathname.startsWith(basePath) ? operationOf(request.method!, path) : undefined
    const operation = isGraphql ? 'graphql' : (named?.operation.id ?? 'unknown')
    requests.push({ operation, url: url.href, headers: request.headers, body: text })
    const body = text === '' ? undefined : JSON.parse(text)
    if (operation === 'unknown') problems.push(`unknown route: ${request.method} ${url.pathname}`)
    if (!request.headers['user-agent']?.startsWith('pgfleet')) problems.push(`user agent: ${request.headers['user-agent']}`)
    const breaches = named ? requestProblems(named.operation, named.params, url.searchParams, body) : []
    problems.push(...breaches)
    if (breaches.length > 0) return send(response, refused(422, 'Invalid request.'))

    const due = meanwhile.findIndex((hook) => hook.operation === operation)
    if (due >= 0) await meanwhile.splice(due, 1)[0]!.run()
    const wrong = faults.findIndex((fault) => fault.operation === operation)
    const fault = wrong >= 0 ? faults.splice(wrong, 1)[0] : undefined
    if (fault?.cut === 'before') return void response.destroy()

    const token = tokens[/^(?:token|bearer) (.*)$/i.exec(request.headers.authorization ?? '')?.[1] ?? '']
    const call = (token: Token): Call => ({
      state,
      params: named?.params ?? {},
      query: url.searchParams,
      body,
      token,
      base,
      path,
      bodyLimit,
    })
    const answer = fault?.answer ?? answered(token, operation, request.method!, call)
    if (fault?.cut === 'after') return void response.destroy()
    if (named) problems.push(...responseProblems(named.operation, answer.status, answer.body))
    send(response, answer)
  }

  function answered(token: Token | undefined, operation: string, method: string, call: (token: Token) => Call): Answer {
    if (!token) return refused(401, 'Bad credentials')
    if (operation === 'graphql') return graphql(call(token)) ?? unknownQuery(call(token))
    if (method !== 'GET' && !token.write) return refused(403, 'Resource not accessible by integration')
    return routes[operation]?.(call(token)) ?? notFound
  }

  function unknownQuery({ body }: Call): Answer {
    problems.push(`unknown GraphQL: ${body.query}`)
    return notFound
  }

  function store(request: IncomingMessage, response: ServerResponse, url: URL): void {
    requests.push({ operation: 'store', url: url.href, headers: request.headers, body: '' })
    if (request.headers.authorization) problems.push('the token was sent to the store of artifacts')
    const artifact = state.artifacts.find(({ id }) => id === Number(url.pathname.slice('/store/'.length)))
    response.writeHead(artifact ? 200 : 404, { 'content-type': 'application/zip' }).end(artifact?.zip)
  }

  return {
    apiUrl: base,
    state,
    requests,
    problems,
    faults,
    before: (operation, run) => void meanwhile.push({ operation, run }),
    count: (operation) => requests.filter((request) => request.operation === operation).length,
    close: () =>
      new Promise((done) => {
        server.close(() => done())
        server.closeAllConnections()
      }),
  }
}

function send(response: ServerResponse, { status, body, headers = {} }: Answer): void {
  const text = body === undefined ? '' : JSON.stringify(body)
  response.writeHead(status, { ...(text && { 'content-type': 'application/json; charset=utf-8' }), ...headers }).end(text)
}

async function textOf(request: IncomingMessage): Promise<string> {
  let text = ''
  for await (const chunk of request.setEncoding('utf8')) text += chunk
  return text
}
