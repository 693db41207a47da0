import { OperationError } from './operation-error.ts'

/**
 * For `catch`: what the system refused (EACCES, ENOSPC, ...) becomes an OperationError that says what was being done; errors that are
 * none of the system's are thrown on as they are.
 */
export const refused =
  (code: string, doing: string, hint?: string) =>
  (error: unknown): never => {
    if (error instanceof OperationError || !(error instanceof Error) || !('syscall' in error)) throw error
    throw new OperationError(code, `${doing}: ${error.message}`, hint, error)
  }
