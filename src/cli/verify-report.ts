import { table } from '../report/table.ts'
import { visible } from '../report/visible.ts'
import type { Evidence, EvidenceCheck, EvidenceFinding } from '../runtime/verify/evidence.ts'
import type { Context } from './context.ts'

type Colors = Context['colorsOut']

/** More than fit beside each other on a screen. */
const mostColumns = 12

/** Every check by service, then each finding with what to do about it, then what was not checked and why. */
export function verifyReport(evidence: Evidence, colors: Colors): string {
  const parts = [overview(evidence, colors), failures(evidence, colors), left(evidence, colors), `${conclusion(evidence, colors)}\n`]
  return parts.filter((part) => part !== '').join('\n')
}

function overview({ checks, services }: Evidence, colors: Colors): string {
  const ids = [...new Set(checks.map(({ id }) => id))]
  const of = (id: string) => checks.filter((check) => check.id === id)
  const matrix = services.length <= mostColumns
  const titles = matrix ? ['FLEET', ...services.map(({ name }) => visible(name))] : ['PASSED', 'FAILED', 'NOT CHECKED']
  const cells = (id: string) => (matrix ? [null, ...services.map(({ name }) => name)].map((name) => cellOf(of(id), name)) : counts(of(id)))
  const paint = (cell: string, row: number, column: number) => {
    if (row === 0) return colors.bold(cell)
    if (column === 0 || !matrix) return cell
    return cell === 'ok' ? colors.green(cell) : cell === '-' ? colors.dim(cell) : colors.red(cell)
  }
  return table([['CHECK', ...titles], ...ids.map((id) => [id, ...cells(id)])], paint)
}

/** How many findings a check has in a service, or in the fleet as a whole where that is asked. */
function cellOf(runs: readonly EvidenceCheck[], service: string | null): string {
  const run = runs.find(({ services }) => (service === null ? services.length === 0 : services.includes(service)))
  if (!run) return ''
  if (run.result === 'not-checked') return '-'
  return run.result === 'passed' ? 'ok' : String(run.findings.filter((finding) => finding.service === service).length)
}

const counts = (runs: readonly EvidenceCheck[]): string[] =>
  (['passed', 'failed', 'not-checked'] as const).map((result) =>
    String(runs.filter((run) => run.result === result).reduce((sum, { services }) => sum + Math.max(1, services.length), 0)),
  )

function failures({ checks }: Evidence, colors: Colors): string {
  return checks
    .filter(({ result }) => result === 'failed')
    .flatMap(({ id, title, findings }) => {
      const places = [...new Set(findings.map(({ service }) => service))]
      return places.map((place) => {
        const own = findings.filter(({ service }) => service === place)
        const head = `${colors.red('failed')} ${colors.bold(id)}${place === null ? '' : ` in ${visible(place)}`}: not so: ${title}\n`
        return head + own.map((finding) => findingText(finding)).join('') + helpLines(own)
      })
    })
    .join('\n')
}

const findingText = ({ what, expected, actual }: EvidenceFinding): string =>
  `  ${visible(what)}\n    expected  ${visible(expected)}\n    found     ${visible(actual)}\n`

const helpLines = (findings: readonly EvidenceFinding[]): string =>
  [...new Set(findings.map(({ help }) => help))].map((help) => `  help: ${visible(help)}\n`).join('')

function left({ checks, services }: Evidence, colors: Colors): string {
  const open = checks.filter(({ result }) => result === 'not-checked')
  if (open.length === 0) return ''
  const where = (names: readonly string[]) =>
    names.length === 0 || names.length === services.length ? '' : ` (${names.map(visible).join(', ')})`
  const reasons = new Map<string, string[]>()
  for (const { id, services: names, reason } of open) {
    const key = reason ?? ''
    reasons.set(key, [...(reasons.get(key) ?? []), `${id}${where(names)}`])
  }
  const lines = [...reasons].map(([reason, ids]) => `  ${ids.join(', ')}: ${visible(reason)}\n`)
  return `${colors.bold('Not checked')}\n${lines.join('')}`
}

function conclusion({ checks, services, result }: Evidence, colors: Colors): string {
  const found = checks.reduce((sum, { findings }) => sum + findings.length, 0)
  const made = new Set(checks.filter((check) => check.result !== 'not-checked').map(({ id }) => id)).size
  const about = `${made} checks of ${services.length} ${services.length === 1 ? 'service' : 'services'}`
  return result === 'passed'
    ? `${colors.green('ok')} the fleet is what services.yaml says: ${about}`
    : `${colors.red('drift')} ${found} ${found === 1 ? 'finding' : 'findings'} in ${about}`
}
