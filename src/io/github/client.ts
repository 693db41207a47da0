import { retry } from '@octokit/plugin-retry'
import { throttling } from '@octokit/plugin-throttling'
import { Octokit } from '@octokit/rest'
import { patience, type Waits } from './patience.ts'

export type GitHubOptions = {
  readonly token: string
  /** `GITHUB_API_URL`; of GitHub Enterprise Server `https://HOST/api/v3`. With or without a slash at its end. */
  readonly apiUrl?: string
  readonly userAgent: string
  /** Hears of waits and retries, one sentence each. */
  readonly log: (message: string) => void
  /** Ends all requests and waits. */
  readonly signal?: AbortSignal
  /** How long waits take; tests shorten them. */
  readonly waits?: Waits
}

/** Longest wait for a rate limit, in seconds: a job that sleeps for an hour costs more than one that says why it failed. */
const longestWait = 300

/** How often a request that GitHub refused for its rate is tried again. */
const rateRetries = 2

/** One request may take this long, in milliseconds. */
const requestTimeout = 60_000

const PatientOctokit = Octokit.plugin(throttling, patience, retry)

export type GitHub = InstanceType<typeof PatientOctokit>

/**
 * GitHub's REST and GraphQL API with limits respected: a failed GET is tried three times again (5xx, network), a refusal for the rate
 * twice, another 4xx never. What creates something must set `request: { retries: 0 }` and look before it tries again.
 */
export function githubClient({ token, apiUrl = 'https://api.github.com', userAgent, log, signal, waits }: GitHubOptions): GitHub {
  const limit = (kind: string) => (seconds: number, request: { method: string; url: string }, _: unknown, retries: number) => {
    const again = retries < rateRetries && seconds <= longestWait
    log(
      `github: ${kind} at ${request.method} ${request.url}: ${again ? `waiting ${seconds} s` : `giving up, it asks to wait ${seconds} s`}`,
    )
    return again
  }
  const client = new PatientOctokit({
    auth: token,
    baseUrl: apiUrl.replace(/\/+$/, ''),
    userAgent,
    // The line per request of octokit's own log has failures that are answers (404): callers say what matters.
    log: { debug: () => {}, info: () => {}, warn: log, error: () => {} },
    request: { fetch: fetchWithin(signal) },
    waits: { second: 1000, ...waits, ...(signal && { signal }) },
    throttle: {
      ...(waits && { retryAfterBaseValue: waits.second, ...waits.groups }),
      onRateLimit: limit('rate limit'),
      onSecondaryRateLimit: limit('secondary rate limit'),
    },
    // 429: see patience.ts
    retry: { doNotRetry: [400, 401, 403, 404, 409, 410, 422, 429, 451], ...(waits && { retryAfterBaseValue: waits.second }) },
  })
  client.hook.before('request', (options) => {
    options.headers['x-github-api-version'] = '2022-11-28'
  })
  // Outermost: the waits of the plugins know no signal.
  const stop = signal && ended(signal)
  stop?.catch(() => {})
  if (stop) client.hook.wrap('request', (request, options) => Promise.race([request(options), stop]))
  return client
}

const ended = (signal: AbortSignal): Promise<never> =>
  new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason)
    else signal.addEventListener('abort', () => reject(signal.reason), { once: true })
  })

const fetchWithin =
  (signal?: AbortSignal): typeof fetch =>
  (url, init) => {
    const signals = [AbortSignal.timeout(requestTimeout), ...(signal ? [signal] : []), ...(init?.signal ? [init.signal] : [])]
    return fetch(url, { ...init, signal: AbortSignal.any(signals) })
  }
