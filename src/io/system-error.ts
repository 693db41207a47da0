import { OperationError } from './operation-error.ts'

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EISDIR: 'it is a folder',
  ENOTDIR: 'a part of its path is no folder',
  EACCES: 'this user may not read it',
  ELOOP: 'its symlinks lead in a circle',
  ENAMETOOLONG: 'its name is too long',
}

/** Why the system did not read a file, for people. */
export function reasonOf(error: unknown): string {
  const { code = '', message } = error as NodeJS.ErrnoException
  return reasons[code] ?? message
}

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
