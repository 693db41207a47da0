// Clients that keep writing through the pool, whatever happens, and know what they were told.
import { Client, type ClientConfig, type DatabaseError } from 'pg'

/** Times are in ms since 1970, `waited` is in ms. */
export type Written = {
  readonly key: string
  /** Rows that the server said it has committed, and when the client heard it. */
  readonly acknowledged: readonly { readonly id: number; readonly at: number }[]
  /** What the client was told instead. */
  readonly failures: readonly { readonly at: number; readonly message: string; readonly waited: number }[]
  /** The longest that it waited for an answer of either kind. */
  readonly longest: number
}

type Options = { readonly key: string; readonly login: ClientConfig; readonly table: string; readonly firstId: number }

/**
 * Inserts one row after the other, and connects anew after a failure. An id whose insert failed is not used again: whether it was
 * committed is not known then.
 */
export function startWriter({ key, login, table, firstId }: Options) {
  const acknowledged: { id: number; at: number }[] = []
  const failures: { at: number; message: string; waited: number }[] = []
  const written = { key, acknowledged, failures, longest: 0 }
  let stopped = false
  let client: Client | undefined

  const insert = async (id: number) => {
    if (!client) {
      // What breaks between two queries shows in the next one.
      client = new Client(login).on('error', () => {})
      await client.connect()
    }
    await client.query(`INSERT INTO ${table} (id) VALUES ($1)`, [id])
  }
  const work = async () => {
    for (let id = firstId; !stopped; id++) {
      const started = Date.now()
      const error = await insert(id).then(
        () => undefined,
        (error: DatabaseError) => error,
      )
      const at = Date.now()
      const waited = at - started
      written.longest = Math.max(written.longest, waited)
      if (!error) {
        acknowledged.push({ id, at })
        continue
      }
      failures.push({ at, message: error.code ? `${error.code} ${error.message}` : error.message, waited })
      client?.end().catch(() => {})
      client = undefined
      await new Promise((done) => setTimeout(done, 50))
    }
    await client?.end()
  }
  const ended = work()
  /** Ends after the row at hand. */
  const stop = async (): Promise<Written> => {
    stopped = true
    await ended
    return written
  }
  return { written: written as Written, stop }
}

type Promises = {
  /** Rows that were acknowledged before this time must be there. */
  readonly before: number
  readonly clear: readonly RegExp[]
  readonly patience: number
}

/** What is wrong with what a client went through: rows that are not there, messages that say nothing, answers that never came. */
export function problemsOf({ key, acknowledged, failures, longest }: Written, found: ReadonlySet<number>, promises: Promises): string[] {
  const { before, clear, patience } = promises
  const lost = acknowledged.filter(({ id, at }) => !found.has(id) && at < before)
  const unclear = new Set(failures.flatMap(({ message }) => (clear.some((known) => known.test(message)) ? [] : [message])))
  return [
    ...(lost.length ? [`${key}: ${lost.length} acknowledged rows are lost`] : []),
    ...[...unclear].map((message) => `${key}: a client was told: ${message}`),
    ...(longest > patience ? [`${key}: a client waited ${(longest / 1000).toFixed(1)} s`] : []),
  ]
}
