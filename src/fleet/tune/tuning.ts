import type { Setting as CatalogSetting } from '../catalog.ts'
import type { Assumptions, Bytes, Storage, Workload } from '../types.ts'
import { formatMemory } from '../units.ts'

/** What the formulas know about a server. */
export type TuningInput = {
  readonly workload: Workload
  /** Memory limit of the server. */
  readonly memory: Bytes
  readonly cpus: number
  /** Expected size of the data directory, 0 when unknown. */
  readonly disk: Bytes
  readonly storage: Storage
  readonly assumptions: Assumptions
  /** Parts of max_connections, as `50 pool`. */
  readonly connections: readonly { readonly name: string; readonly amount: number }[]
  /** Extensions that are there in this target. */
  readonly extensions: readonly string[]
  readonly database: string
  readonly compliance: boolean
  /** The setting's row in the catalogue of this server and build, undefined when this server does not have it. */
  readonly setting: (name: string) => CatalogSetting | undefined
  /** Whether the build takes this value of an enum setting. */
  readonly takes: (name: string, value: string) => boolean
}

/** One recommendation. `number` is what later formulas calculate with: bytes for memory settings. */
export type Tuned = { readonly name: string; readonly value: string; readonly number?: number; readonly why: string }

/**
 * A group of settings, in the order in which they depend on each other. After each `yield` the value that counts (the tuned one or
 * the one declared in services.yaml) can be asked for with `number`.
 */
export type TuningGroup = {
  readonly title: string
  tune(input: TuningInput, number: (name: string) => number): Iterable<Tuned>
}

export const bytes = (name: string, amount: Bytes, why: string): Tuned => ({
  name,
  value: formatMemory(amount),
  number: Math.floor(amount / 1024) * 1024,
  why,
})
export const count = (name: string, amount: number, why: string): Tuned => ({ name, value: String(amount), number: amount, why })
export const word = (name: string, value: string, why: string): Tuned => ({ name, value, why })
