/** An operation on a live system (disk, network, Docker, PostgreSQL) failed for a reason outside of this program. */
export class OperationError extends Error {
  /** Stable, kebab-case: what scripts and tests can compare. */
  readonly code: string
  /** What the user can do about it. */
  readonly hint: string | undefined

  constructor(code: string, message: string, hint?: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause })
    this.name = 'OperationError'
    this.code = code
    this.hint = hint
  }
}
