import type { Catalogs } from './catalog.ts'
import type { Migration, SqlFile } from './data-types.ts'
import type { Target } from './types.ts'

/** What resolving needs beside the configuration. */
export type Surroundings = {
  readonly target: Target
  readonly catalogs: Catalogs
  /** The parsed SQL files of a service, sorted by name; empty where there are none. */
  readonly migrations: (service: string) => readonly Migration[]
  /** The same for its seed files. */
  readonly seeds: (service: string) => readonly SqlFile[]
  /** Why a job's call is not one, undefined when it is. */
  readonly callError: (service: string, job: string) => string | undefined
  /** The day, `2027-01-31`, for what expires; nothing does without it. */
  readonly today?: string
}
