// The client of bench/pools.ts, which runs it in the pooler's network: reads what to do on standard input, prints what came of it.
import { readFileSync } from 'node:fs'
import { performance } from 'node:perf_hooks'
import { text } from 'node:stream/consumers'
import { Client, type ClientConfig } from 'pg'

export type Way = 'direct' | 'pooled'
export type Order = {
  readonly seconds: number
  /** Clients that stay, clients that connect for each transaction, clients that come all at once. */
  readonly staying: number
  readonly coming: number
  readonly crowd: number
  readonly login: { readonly database: string; readonly user: string; readonly password: string }
  readonly way: Way
  readonly host: string
}
export type Crowd = { readonly answered: number; readonly seconds: number; readonly refusals: Readonly<Record<string, number>> }
/** The first two are transactions per second. */
export type Figures = { readonly staying: number; readonly coming: number; readonly crowd: Crowd }

const order: Order = JSON.parse(await text(process.stdin))
const read = (name: string) => readFileSync(`/run/tls/${name}`, 'utf8')
const [ca, cert, key] = ['ca.crt', 'server.crt', 'server.key'].map(read)

const config: ClientConfig = {
  ...order.login,
  host: order.host,
  port: 5432,
  // The server asks for the certificate of the pooler, the pooler for none.
  ssl: { ca, servername: order.host, ...(order.way === 'direct' ? { cert, key } : {}) },
}

async function connected(): Promise<Client> {
  const client = new Client(config)
  client.on('error', () => {})
  await client.connect()
  return client
}

async function transaction(client: Client): Promise<void> {
  await client.query('BEGIN')
  await client.query({ name: 'sum', text: 'SELECT $1::integer + $2::integer', values: [1, 2] })
  await client.query('COMMIT')
}

/** Transactions per second of so many loops side by side. */
async function perSecond(loops: readonly (() => Promise<void>)[]): Promise<number> {
  const begin = performance.now()
  const end = begin + order.seconds * 1000
  let done = 0
  const loop = async (once: () => Promise<void>) => {
    while (performance.now() < end) {
      await once()
      done++
    }
  }
  await Promise.all(loops.map(loop))
  return (done * 1000) / (performance.now() - begin)
}

async function staying(): Promise<number> {
  const clients = await Promise.all(Array.from({ length: order.staying }, () => connected()))
  const rate = await perSecond(clients.map((client) => () => transaction(client)))
  await Promise.all(clients.map((client) => client.end()))
  return rate
}

const coming = (): Promise<number> =>
  perSecond(
    Array.from({ length: order.coming }, () => async () => {
      const client = await connected()
      await transaction(client)
      await client.end()
    }),
  )

async function crowd(): Promise<Crowd> {
  const begin = performance.now()
  const refusals: Record<string, number> = {}
  let answered = 0
  const clients = await Promise.all(
    Array.from({ length: order.crowd }, async () => {
      try {
        const client = await connected()
        await transaction(client)
        answered++
        return client
      } catch (error) {
        const { message } = error as Error
        refusals[message] = (refusals[message] ?? 0) + 1
        return undefined
      }
    }),
  )
  const seconds = (performance.now() - begin) / 1000
  await Promise.all(clients.map((client) => client?.end()))
  return { answered, seconds, refusals }
}

const figures: Figures = { staying: await staying(), coming: await coming(), crowd: await crowd() }
console.log(JSON.stringify(figures))
