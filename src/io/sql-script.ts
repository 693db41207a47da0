import type pg from 'pg'
import { OperationError } from './operation-error.ts'

/** Runs a script of many statements as one message; `path` is what an error calls it. */
export async function runScript(client: pg.Client, script: string, path: string): Promise<void> {
  try {
    await client.query(script)
  } catch (error) {
    if (!isDatabaseError(error)) throw error
    const { message, detail, hint } = error
    throw new OperationError('init-sql', [`${message} (${placeOf(error, script, path)})`, detail].filter(Boolean).join('\n'), hint, error)
  }
}

const isDatabaseError = (error: unknown): error is pg.DatabaseError => error instanceof Error && 'severity' in error

/** What the init SQL puts in front of each migration statement: its place in the file that people edit. */
export const label = /\/\* ([^\n]*?\.sql):(\d+) \*\//

/** In the hand-written file where the error is in a migration, and in the script that was run. */
function placeOf({ position, internalQuery, internalPosition, where }: pg.DatabaseError, script: string, path: string): string {
  const place = position === undefined ? path : `${path}:${1 + linesBefore(position, script)}`
  const found = label.exec(internalQuery ?? '') ?? label.exec(where ?? '')
  if (!found) return place
  // The statement starts in the line of its label; where in it is known when its text could not be parsed.
  const line =
    Number(found[2]) + (internalPosition && label.test(internalQuery ?? '') ? linesBefore(internalPosition, internalQuery ?? '') : 0)
  return `${found[1]}:${line}, by way of ${place}`
}

/** Positions count characters from 1. */
const linesBefore = (position: string, text: string): number =>
  [...text].slice(0, Number(position) - 1).filter((char) => char === '\n').length
