import type { Diagnostic } from '../diagnostic.ts'
import { type Plan, pathOf } from '../plan/plan.ts'

/**
 * Findings for machines: one object with a list, stable field names, 1-based lines and columns. With a plan also the files of the output
 * that it changes: `op` is create, update, delete, or conflict for a file in the way that pgfleet did not make.
 */
export function findingsJson(diagnostics: readonly Diagnostic[], plan?: Plan): string {
  const place = ({ at }: { at: Diagnostic['at'] }) => ({
    file: at.file,
    line: at.start.line,
    column: at.start.col,
    endLine: at.end.line,
    endColumn: at.end.col,
  })
  const findings = diagnostics.map(({ code, severity, message, help, at, related }) => ({
    code,
    severity,
    message,
    ...(help === undefined ? {} : { help }),
    ...place({ at }),
    related: related.map((other) => ({ message: other.message, ...place(other) })),
  }))
  return `${JSON.stringify({ findings, ...(plan && { changes: changesOf(plan) }) }, null, 2)}\n`
}

const changesOf = (plan: Plan) =>
  plan
    .filter(({ op }) => op !== 'keep')
    .map((change) => ({ op: change.op, path: pathOf(change), ...('edited' in change && { edited: change.edited }) }))
