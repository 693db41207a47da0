// What octokit's own plugins lack: https://docs.github.com/en/rest/using-the-rest-api/best-practices-for-using-the-rest-api
import { setTimeout as sleep } from 'node:timers/promises'
import type { Octokit } from '@octokit/rest'

export type Waits = {
  /** Milliseconds that a second lasts. */
  readonly second: number
  /** What octokit spaces writes with, instead of its own (1 s between writes, 3 s where people are notified). */
  readonly groups?: object
  readonly signal?: AbortSignal
}

/** The octokit that a plugin is given. */
type Plugged = Parameters<Parameters<typeof Octokit.plugin>[0]>[0]

/** What octokit's RequestError has. */
type Refusal = {
  readonly status?: number
  readonly response?: { readonly headers: Readonly<Record<string, string | number | undefined>> }
  readonly request: { readonly method: string; readonly url: string; readonly request?: object }
}

const longestWait = 300

/**
 * A plugin, between throttling and retry: a 429 without GitHub's words on secondary limits (which throttling knows) waits as long as its
 * `retry-after` says. `wait` is for who retries by themselves.
 */
export function patience(octokit: Plugged, { waits = { second: 1000 } }: { waits?: Waits; [other: string]: unknown }) {
  octokit.hook.error('request', (error) => {
    const { status, response, request } = error as Refusal
    const seconds = Number(response?.headers['retry-after'] ?? 60)
    if (status === 429 && seconds <= longestWait && !/secondary rate/i.test(error.message)) {
      octokit.log.warn(`github: ${request.method} ${request.url} was refused for its rate: waiting ${seconds} s`)
      // What plugin-retry reads: https://github.com/octokit/plugin-retry.js#usage
      Object.assign(request, { request: { ...request.request, retries: 2, retryAfter: seconds } })
    }
    throw error
  })
  return { wait: (seconds: number) => sleep(seconds * waits.second, undefined, waits.signal ? { signal: waits.signal } : {}) }
}
