import { afterEach, beforeEach, expect } from 'vitest'
import { type GitHub, type GitHubOptions, githubClient } from '../../src/io/github/client.ts'
import type { Waits } from '../../src/io/github/patience.ts'
import { type Fake, startFake, tokens } from './fake/fake.ts'

export type Stage = {
  readonly fake: Fake
  /** What the client said while it waited. */
  readonly log: string[]
  readonly waits: Waits
  readonly client: (token?: keyof typeof tokens, more?: Partial<GitHubOptions>) => GitHub
}

/** Octokit spaces writes seconds apart: here nothing waits its turn. */
const atOnce = { key: () => ({ schedule: async (_: object, run: (...args: unknown[]) => unknown, ...args: unknown[]) => run(...args) }) }

/** A second lasts a millisecond. */
const quick = { second: 1, groups: { global: atOnce, write: atOnce, notifications: atOnce } }

/**
 * A fake of its own for each test of a file. After each: no side broke GitHub's contract, and no token went anywhere but
 * into the header that is for it.
 */
export function onStage(options: Parameters<typeof startFake>[0] = {}): Stage {
  let fake: Fake
  const log: string[] = []
  beforeEach(async () => {
    fake = await startFake(options)
    log.length = 0
  })
  afterEach(async () => {
    await fake.close()
    expect(fake.problems).toEqual([])
    expect(tokensOutside(fake, log)).toEqual([])
  })
  return {
    get fake() {
      return fake
    },
    log,
    waits: quick,
    client: (token = 'ghs_actions-write', more = {}) =>
      githubClient({ token, apiUrl: fake.apiUrl, userAgent: 'pgfleet/test', log: (line) => log.push(line), waits: quick, ...more }),
  }
}

/** Requests and lines of the log that hold a token where none belongs. */
export function tokensOutside({ requests }: Pick<Fake, 'requests'>, log: readonly string[]): string[] {
  const texts = [...log, ...requests.map(({ headers, ...rest }) => JSON.stringify({ ...rest, headers: { ...headers, authorization: '' } }))]
  return texts.filter((text) => Object.keys(tokens).some((token) => text.includes(token)))
}

/** How an operation fails: `code: message`. */
export async function failureOf(promise: Promise<unknown>): Promise<string> {
  const error = await promise.then(
    () => undefined,
    (thrown) => thrown,
  )
  return error ? `${error.code ?? error.name}: ${error.message}` : 'no failure'
}
