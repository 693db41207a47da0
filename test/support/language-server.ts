import { spawn } from 'node:child_process'
import { createRequire } from 'node:module'

/** A running yaml-language-server, as an editor talks to it. */
export type LanguageServer = {
  /** A request and its result. https://microsoft.github.io/language-server-protocol/specifications/lsp/3.17/specification/ */
  ask(method: string, params: object): Promise<unknown>
  tell(method: string, params: object): void
  /** The parameters of the first notification from now on that is accepted. */
  next(method: string, accept: (params: unknown) => boolean): Promise<unknown>
  stop(): Promise<void>
}

type Message = { id?: number | string; method?: string; params?: unknown; result?: unknown; error?: { message: string } }

/** No schema store: it would be fetched from the internet. */
const configuration: Record<string, object> = { yaml: { schemaStore: { enable: false }, completion: true, hover: true, validate: true } }

/** Starts the server over stdio in a workspace folder, given as a file URL. */
export async function startLanguageServer(workspace: string): Promise<LanguageServer> {
  const bin = createRequire(import.meta.url).resolve('yaml-language-server/bin/yaml-language-server')
  const child = spawn(process.execPath, [bin, '--stdio'], { stdio: ['pipe', 'pipe', 'inherit'] })
  const waiting = new Map<number, (message: Message) => void>()
  const listening = new Map<string, (params: unknown) => void>()
  let received = Buffer.alloc(0)
  let lastId = 0

  const send = (message: object): void => {
    const body = JSON.stringify({ jsonrpc: '2.0', ...message })
    child.stdin.write(`Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`)
  }
  const ask = (method: string, params: object): Promise<unknown> => {
    const id = ++lastId
    send({ id, method, params })
    return new Promise((done, fail) => {
      waiting.set(id, ({ result, error }) => (error ? fail(new Error(error.message)) : done(result)))
    })
  }
  const answer = ({ id, method, params }: Message): void => {
    if (id === undefined) {
      listening.get(String(method))?.(params)
      return
    }
    const sections = (params as { items?: { section: string }[] } | undefined)?.items
    send({ id, result: method === 'workspace/configuration' ? sections?.map(({ section }) => configuration[section] ?? {}) : null })
  }
  child.stdout.on('data', (chunk: Buffer) => {
    received = Buffer.concat([received, chunk])
    for (;;) {
      const head = /^Content-Length: (\d+)[\s\S]*?\r\n\r\n/.exec(received.toString('latin1'))
      if (!head || received.length < head[0].length + Number(head[1])) return
      const message: Message = JSON.parse(received.subarray(head[0].length, head[0].length + Number(head[1])).toString())
      received = received.subarray(head[0].length + Number(head[1]))
      if (message.method) answer(message)
      else waiting.get(Number(message.id))?.(message)
    }
  })

  await ask('initialize', {
    processId: process.pid,
    rootUri: workspace,
    workspaceFolders: [{ uri: workspace, name: 'test' }],
    capabilities: { workspace: { configuration: true }, textDocument: { hover: { contentFormat: ['markdown'] } } },
  })
  send({ method: 'initialized', params: {} })
  return {
    ask,
    tell: (method, params) => send({ method, params }),
    next: (method, accept) => new Promise((done) => listening.set(method, (params) => accept(params) && done(params))),
    async stop() {
      const ended = new Promise((done) => child.once('exit', done))
      await ask('shutdown', {})
      send({ method: 'exit' })
      await ended
    },
  }
}
