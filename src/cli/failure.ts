import { OperationError } from '../io/operation-error.ts'
import { visible } from '../report/visible.ts'

/** An operation that failed says what to do; anything else is our bug and shows where it happened. */
export function printFailure(error: unknown, write: (text: string) => void): void {
  if (error instanceof OperationError) {
    write(`error: ${shown(error.message, '       ')} [${error.code}]\n`)
    if (error.hint) write(`  help: ${shown(error.hint, '        ')}\n`)
    return
  }
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error)
  write(`pgfleet has a bug; please report it with the services.yaml that shows it.\n${text}\n`)
}

/** Names of files and what servers say can hold terminal escapes. Lines stay lines. */
const shown = (text: string, indentation: string): string => text.split('\n').map(visible).join(`\n${indentation}`)
