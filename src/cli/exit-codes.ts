/** What a command says to the shell. The README lists them. */
export const exitCode = {
  clean: 0,
  /** Findings, or an output that is stale. */
  findings: 1,
  /** The command line is wrong. */
  usage: 2,
  /** An operation failed, or pgfleet has a bug. */
  failed: 3,
  /** A class that --fail-on names was met. */
  failOn: 4,
} as const

export type ExitCode = (typeof exitCode)[keyof typeof exitCode]
