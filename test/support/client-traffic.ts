// Clients that work all the time and count what goes wrong.
import { setTimeout } from 'node:timers/promises'
import { Client, type ClientConfig } from 'pg'

export type Traffic = {
  /** Transactions so far. */
  readonly done: () => number
  readonly errors: readonly string[]
  readonly stop: () => Promise<void>
}

export type TrafficOptions = {
  /** Clients that stay connected, by what they connect to. */
  readonly persistent: readonly ClientConfig[]
  /** Clients that connect anew for each transaction; asked each time, since passwords change. */
  readonly reconnecting?: readonly (() => ClientConfig)[]
}

/** Starts when all persistent clients are connected. */
export async function traffic({ persistent, reconnecting = [] }: TrafficOptions): Promise<Traffic> {
  const errors: string[] = []
  let done = 0
  let stopped = false
  const connected = async (config: ClientConfig) => {
    const client = new Client(config)
    client.on('error', ({ message }) => errors.push(`while idle: ${message}`))
    await client.connect()
    return client
  }
  const work = async (client: Client) => {
    await client.query('BEGIN')
    await client.query('SELECT pg_sleep(0.002)')
    await client.query('COMMIT')
    done++
    await setTimeout(5)
  }
  const stay = async (client: Client) => {
    try {
      while (!stopped) await work(client)
    } catch (error) {
      errors.push(`in a session: ${(error as Error).message}`)
    }
    await client.end().catch(() => {})
  }
  const comeAndGo = async (config: () => ClientConfig) => {
    while (!stopped) {
      try {
        const client = await connected(config())
        await work(client).finally(() => client.end())
      } catch (error) {
        errors.push(`at a login: ${(error as Error).message}`)
        await setTimeout(20)
      }
    }
  }
  const clients = await Promise.all(persistent.map(connected))
  const all = [...clients.map(stay), ...reconnecting.map(comeAndGo)]
  return {
    done: () => done,
    errors,
    stop: async () => {
      stopped = true
      await Promise.all(all)
    },
  }
}
