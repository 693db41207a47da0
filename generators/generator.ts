import type { Artifact } from '../src/artifact.ts'
import type { Fleet } from '../src/fleet/types.ts'

/** Makes one kind of output. Pure: it prints what the fleet says and decides nothing. One that makes a file per service yields them. */
export type Generator = {
  /** Folder and test name. */
  readonly name: string
  /** One line for help and documentation. */
  readonly summary: string
  generate(fleet: Fleet): Iterable<Artifact>
}
