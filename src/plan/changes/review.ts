import type { Diagnostic } from '../../diagnostic.ts'
import type { FleetDiff } from './types.ts'

/** One of the two states that are compared, as a reader names it: `main`, a commit, `working tree`. */
export type Side = { readonly label: string; readonly commit?: string }

/** What is known of the head having been booted. Never absent: what was not done is said. */
export type BootEvidence =
  | { readonly state: 'not-run'; readonly why: string }
  /** `unverified`: it came from a run that the author of the change controls. */
  | {
      readonly state: 'measured' | 'unverified'
      readonly result: 'passed' | 'failed'
      readonly runtime: string
      readonly seconds: number
      readonly servers: number
      readonly passed: number
      readonly failed: number
      readonly skipped: number
      /** Names of checks that failed, with the first thing that each found. */
      readonly failures: readonly { readonly check: string; readonly found: string }[]
      /** Images that were run, by service. */
      readonly images: readonly { readonly service: string; readonly server: string | null; readonly pooler: string | null }[]
      readonly url?: string
    }

/** Where a changed line of an artifact comes from: place in services.yaml (1-based), and the text there. */
export type Origin = {
  readonly artifact: string
  readonly line: number
  readonly at: { readonly file: string; readonly line: number; readonly col: number }
}

/** Everything that one comment says. Holds nothing secret: it is made from what is committed. */
export type Review = {
  /** Path of services.yaml in its repository. */
  readonly file: string
  readonly fleet: string
  readonly base: Side
  readonly head: Side
  /** A side that cannot be compiled has no diff; its findings are shown. */
  readonly outcome: { readonly diff: FleetDiff } | { readonly failed: 'base' | 'head' | 'both' }
  /** Findings of the head (and of a base that cannot be compiled), with paths as in the repository. */
  readonly findings: readonly Diagnostic[]
  readonly evidence: BootEvidence
  /** Causes of changed lines; empty where they were not looked for. */
  readonly origins: readonly Origin[]
  /** Where the whole is, when the comment leaves something out: the run, or a command. */
  readonly elsewhere: string
}
