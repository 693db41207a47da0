// Many clients of a pool at once, and what the server sees of them.
import { setTimeout } from 'node:timers/promises'
import { Client } from 'pg'
import { connect, loginOf } from './docker-fleet.ts'

/** Most server connections at a time: of the role, and of all that come through the pooler. */
type Peak = { readonly role: number; readonly pooler: number }

type Load = {
  readonly key: string
  readonly role: string
  readonly clients: number
  /** What each client does first: keeps a server connection for a while. Is given the most that were seen so far. */
  readonly hold: (client: Client, peak: Peak) => Promise<unknown>
  /** Is run while all clients hold or wait. */
  readonly meanwhile?: () => Promise<void>
}

/** Messages and how often they came. */
type Failures = Record<string, number>

export type LoadResult = {
  readonly refused: Failures
  readonly failed: Failures
  readonly answers: number
  readonly peak: Peak
  readonly connectSeconds: number
  readonly seconds: number
}

const batch = 100

/**
 * Told to a client that is one too many. Sessions on the pooler's console count, and the health check has one for a moment every ten
 * seconds: who comes last just then is refused although there is room. So clients that are told this come again.
 */
const full = 'no more connections allowed (max_client_conn)'

const count = (failures: Failures, error: unknown) => {
  const message = (error as Error).message
  failures[message] = (failures[message] ?? 0) + 1
}

/** Opens all clients, then has each of them hold a connection and ask three times, all at once; closes them. */
export async function load({ key, role, clients: wanted, hold, meanwhile }: Load): Promise<LoadResult> {
  const refused: Failures = {}
  const failed: Failures = {}
  const begin = Date.now()
  const seconds = () => (Date.now() - begin) / 1000
  const clients = await open({ key, role, wanted, refused })
  const connectSeconds = seconds()
  const watch = await watchServer(key, role)
  let answers = 0
  const use = async (client: Client, number: number) => {
    await hold(client, watch.peak)
    for (let i = 0; i < 3; i++) {
      const { rows } = await client.query({ name: 'sum', text: 'SELECT $1::integer + $2::integer AS sum', values: [number, i] })
      if (rows[0].sum !== number + i) throw new Error(`${number} + ${i} is ${rows[0].sum}`)
      answers++
    }
  }
  try {
    const all = Promise.all(clients.map((client, number) => use(client, number).catch((error) => count(failed, error))))
    await Promise.all([all, meanwhile?.()])
  } finally {
    await watch.end()
    await Promise.all(clients.map((client) => client.end().catch(() => {})))
  }
  return { refused, failed, answers, peak: watch.peak, connectSeconds, seconds: seconds() }
}

async function open({ key, role, wanted, refused }: { key: string; role: string; wanted: number; refused: Failures }): Promise<Client[]> {
  const login = loginOf({ key, via: 'pool', role })
  const opened: Client[] = []
  const come = async (attempts: number): Promise<unknown> => {
    const client = new Client(login)
    // What breaks a connection later fails its queries, too.
    client.on('error', () => {})
    const refusal = await client.connect().then(
      () => opened.push(client) && undefined,
      (error: Error) => error,
    )
    if (!refusal) return
    if (refusal.message !== full || attempts === 1) return count(refused, refusal)
    await setTimeout(250)
    return come(attempts - 1)
  }
  for (let begin = 0; begin < wanted; begin += batch) {
    await Promise.all(Array.from({ length: Math.min(batch, wanted - begin) }, () => come(5)))
  }
  return opened
}

/** Counts server connections ten times a second, as the role admin. */
async function watchServer(key: string, role: string) {
  const client = await connect({ key, via: 'direct', role: 'admin' })
  const peak = { role: 0, pooler: 0 }
  let ended = false
  const text = `SELECT count(*) FILTER (WHERE usename = $1)::integer AS role, count(*)::integer AS pooler
    FROM pg_stat_activity WHERE usename IN ($1, 'pgbouncer_auth')`
  const watching = (async () => {
    while (!ended) {
      const { rows } = await client.query(text, [role])
      for (const name of ['role', 'pooler'] as const) peak[name] = Math.max(peak[name], rows[0][name])
      await setTimeout(100)
    }
  })()
  const end = async () => {
    ended = true
    await watching
    await client.end()
  }
  return { peak, end }
}
