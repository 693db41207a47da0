import { sha256 } from '../../sha256.ts'
import { OperationError } from '../operation-error.ts'
import { statusOf } from './failure.ts'
import { type Marker, printMarker, readMarker, withoutMarker } from './marker.ts'

/** Text of a comment, whole: marker and body. */
export type Written = { readonly text: string; readonly marker: Marker }

export type Content = {
  readonly marker: Omit<Marker, 'hash'>
  /** Gives a body of at most so many bytes of UTF-8. It is never cut here. */
  readonly bodies: (budget: number) => string
  /** Takes out of a body what differs at each run (times, addresses of runs): the rest decides whether anything is new. */
  readonly stable: (body: string) => string
  /** Bytes of the whole comment. */
  readonly budget: number
}

/** What is asked for when GitHub refuses a quarter of the budget as well. */
const leastBudget = 4_000

/** Hash of a body. Line ends and space at the end do not count: editing in the browser changes them. */
const hashOf = (body: string, stable: Content['stable']): string => `sha256:${sha256(stable(body.replaceAll('\r\n', '\n').trimEnd()))}`

/** Bytes that are left for the body of a comment of so many, below its marker. */
export const bodyBudget = (marker: Omit<Marker, 'hash'>, budget: number): number =>
  budget - Buffer.byteLength(printMarker({ ...marker, hash: hashOf('', String) })) - 1

function write({ marker, bodies, stable }: Content, budget: number): Written {
  const first = (hash: string) => printMarker({ ...marker, hash })
  const body = bodies(bodyBudget(marker, budget))
  const hash = hashOf(body, stable)
  return { text: `${first(hash)}\n${body}`, marker: { ...marker, hash } }
}

/** Is this what a comment says already? What stands there is hashed anew: somebody may have edited it. */
export const says = (body: string, { marker }: Written, stable: Content['stable']): boolean =>
  hashOf(withoutMarker(body), stable) === marker.hash && readMarker(body)?.hash === marker.hash

/** Sends a text; where GitHub finds it too long, a smaller one: a quarter, then the least. */
export async function sendFitting<T>(content: Content, send: (written: Written) => Promise<T>): Promise<T> {
  for (const budget of [content.budget, Math.floor(content.budget / 4), Math.min(leastBudget, content.budget)]) {
    try {
      return await send(write(content, budget))
    } catch (error) {
      if (!isTooLong(error)) throw error
    }
  }
  throw new OperationError(
    'github-body-too-long',
    `github takes no comment of ${leastBudget} bytes; nothing was written`,
    'Set a smaller --budget, and see what else limits comments there.',
  )
}

const isTooLong = (error: unknown): boolean => statusOf(error) === 422 && /body is too long/i.test((error as Error).message)
