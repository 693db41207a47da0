import type { Statement } from '../../fleet/data-types.ts'
import { OperationError } from '../../io/operation-error.ts'

/** What the server may say beside its message: https://www.postgresql.org/docs/current/protocol-error-fields.html */
type ServerError = Error & { code?: string; detail?: string; hint?: string; where?: string; position?: string }

/** Why a service could not be filled, with the place of the statement in its file where one is to blame. */
export function seedError(error: unknown, statement?: Statement): OperationError {
  if (error instanceof OperationError && error.code !== 'sql') return error
  const { message, code, detail, hint, where, position } = error as ServerError
  // Any other is our bug.
  if (!(error instanceof Error) || code === undefined) throw error
  const place = statement ? ` (${statement.at.file}:${statement.at.start.line + linesBefore(position, statement.text)})` : ''
  return new OperationError('seed-sql', [`${message}${place}`, detail, where].filter(Boolean).join('\n'), hint, error)
}

/** Positions count characters from 1. */
const linesBefore = (position: string | undefined, text: string): number =>
  position === undefined ? 0 : [...text].slice(0, Number(position) - 1).filter((char) => char === '\n').length
