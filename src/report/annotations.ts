// Annotations of GitHub Actions: https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands
import type { Diagnostic } from '../diagnostic.ts'

/** GitHub shows ten errors and ten warnings of a step, and drops the rest without a word. */
const shownPerKind = 10

/** Findings as workflow commands, one line each; what GitHub would drop is counted in a notice. */
export function annotations(findings: readonly Diagnostic[]): string {
  const lines: string[] = []
  for (const severity of ['error', 'warning'] as const) {
    const own = findings.filter((finding) => finding.severity === severity)
    lines.push(...own.slice(0, shownPerKind).map(annotation))
    const more = own.length - shownPerKind
    if (more > 0) lines.push(`::notice::${more} more ${severity}${more === 1 ? '' : 's'} in the summary of this job`)
  }
  return lines.map((line) => `${line}\n`).join('')
}

function annotation({ severity, code, message, help, at }: Diagnostic): string {
  const { file, start, end } = at
  const column = start.line === end.line ? `,endColumn=${end.col}` : ''
  const place = `file=${property(file)},line=${start.line},endLine=${end.line},col=${start.col}${column},title=${property(code)}`
  return `::${severity} ${place}::${data(help ? `${message} (${help})` : message)}`
}

/** What ends a line, or begins an escape. */
const data = (text: string): string => text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A')
const property = (text: string): string => data(text).replaceAll(':', '%3A').replaceAll(',', '%2C')
