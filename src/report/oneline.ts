import type { Diagnostic, Severity } from '../diagnostic.ts'
import { visible } from './visible.ts'

/** A diagnostic for tools: `file:line:col: severity: message; help [code]`. */
export function oneLine({ at, severity, message, help, code }: Diagnostic): string {
  const said = help === undefined ? message : `${message}; ${help}`
  return `${visible(at.file)}:${at.start.line}:${at.start.col}: ${severity}: ${visible(said)} [${code}]`
}

/** `3 errors, 1 warning in services.yaml`; `no problems` when there are none. */
export function summaryLine(diagnostics: readonly Diagnostic[]): string {
  const counts = (['error', 'warning'] as const).flatMap((severity) => counted(diagnostics, severity))
  if (counts.length === 0) return 'no problems'
  const files = [...new Set(diagnostics.map(({ at }) => at.file))]
  return `${counts.join(', ')} in ${files.length === 1 ? visible(files[0]!) : `${files.length} files`}`
}

function counted(diagnostics: readonly Diagnostic[], severity: Severity): string[] {
  const number = diagnostics.filter((diagnostic) => diagnostic.severity === severity).length
  return number === 0 ? [] : [`${number} ${severity}${number === 1 ? '' : 's'}`]
}
