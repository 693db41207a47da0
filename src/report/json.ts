import type { Diagnostic } from '../diagnostic.ts'

/** Findings for machines: one object with a list, stable field names, 1-based lines and columns. */
export function findingsJson(diagnostics: readonly Diagnostic[]): string {
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
  return `${JSON.stringify({ findings }, null, 2)}\n`
}
