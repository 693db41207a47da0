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

/** Labels that the init SQL gives to each migration statement: `sql/trading/0001-tables.sql:12`. */
const label = /[^\s'"*]+\.sql:\d+/

/** In the hand-written file where the error is in a migration, and always in the script that was run. */
function placeOf({ position, internalQuery, where }: pg.DatabaseError, script: string, path: string): string {
  const own = label.exec(internalQuery ?? '') ?? label.exec(where ?? '')
  const line = position === undefined ? undefined : script.slice(0, Number(position)).split('\n').length
  const place = line === undefined ? path : `${path}:${line}`
  return own ? `${own[0]}, by way of ${place}` : place
}
