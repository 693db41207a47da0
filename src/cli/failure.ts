import { OperationError } from '../io/operation-error.ts'

/** An operation that failed says what to do; anything else is our bug and shows where it happened. */
export function printFailure(error: unknown, write: (text: string) => void): void {
  if (error instanceof OperationError) {
    write(`error: ${error.message} [${error.code}]\n`)
    if (error.hint) write(`  help: ${error.hint.replaceAll('\n', '\n        ')}\n`)
    return
  }
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error)
  write(`pgfleet has a bug; please report it with the services.yaml that shows it.\n${text}\n`)
}
