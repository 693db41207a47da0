import type { Finding, Severity } from '../diagnostic.ts'
import type { Fleet } from '../fleet/types.ts'

/** The SQL files that stand beside an example, by path. */
export type ExampleFiles = Readonly<Record<string, string>>

/** One thing that can be wrong in a services.yaml that fits the schema. */
export type Rule = {
  /** Name of its file and of its heading in docs/rules.md. Never changes its meaning. */
  readonly code: string
  readonly severity: Severity
  /** What happens without the rule, in one or two sentences. */
  readonly why: string
  /** A complete services.yaml with nothing wrong but this; the lines that are found end with the comment `# <-`. */
  readonly bad: string
  readonly good: string
  readonly files?: { readonly bad?: ExampleFiles; readonly good?: ExampleFiles }
  check(fleet: Fleet): Iterable<Finding>
}
