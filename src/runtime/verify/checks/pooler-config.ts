import { type Finding, type PoolerCheck, type Subject, textRowsOf } from '../check.ts'
import { type Ini, readIni } from '../ini.ts'

type Row = { readonly key: string; readonly value: string | null; readonly default: string | null }

/** What was generated for the pooler of a service. */
export function generatedIni({ service, artifacts }: Omit<Subject, 'server'>): Ini {
  const path = `infrastructure/pgbouncer/${service.key}/pgbouncer.ini`
  const file = artifacts.get(path)
  if (!file) throw new Error(`${path} was not generated`)
  return readIni(file.content, artifacts)
}

/** Its own file, and how much it logs: known on the command line only. */
const ofProcess = ['conffile', 'verbose']

/** As SHOW CONFIG prints them: an octal mode as a decimal number, a word for true or false as a number. */
function shownValue(key: string, value: string): string {
  if (key === 'unix_socket_mode') return String(Number.parseInt(value, 8))
  if (/^(on|true|yes)$/i.test(value)) return '1'
  return /^(off|false|no)$/i.test(value) ? '0' : value
}

/** Both directions: each key of the files, and each other key at its default. */
function compareConfig(wanted: ReadonlyMap<string, string>, rows: readonly Row[]): Finding[] {
  const shown = new Map(rows.map((row) => [row.key, row.value ?? '']))
  const differing = [...wanted].flatMap(([key, value]): Finding[] => {
    const expected = shownValue(key, value)
    const actual = shown.get(key)
    return actual === expected ? [] : [{ what: key, expected, actual: actual ?? 'not known to this PgBouncer' }]
  })
  const extra = rows
    .filter(({ key }) => !wanted.has(key) && !ofProcess.includes(key))
    .flatMap(({ key, value, default: usual }): Finding[] => {
      const [expected, actual] = [shownValue(key, usual ?? ''), value ?? '']
      return actual === expected || shownValue(key, actual) === expected
        ? []
        : [{ what: key, expected: `the default: ${expected}`, actual }]
    })
  return [...differing, ...extra]
}

export const poolerConfig: PoolerCheck = {
  id: 'pooler-config',
  title: 'the pooler runs with every key of its pgbouncer.ini, and with defaults else',
  help: 'reload the pooler, or restart it for a key that cannot be changed while it runs',
  run: async (subject, console) => {
    const wanted = generatedIni(subject).pgbouncer ?? new Map<string, string>()
    const findings = compareConfig(wanted, (await textRowsOf(console, 'SHOW CONFIG')) as Row[])
    return { findings, figures: { keys: wanted.size } }
  },
}
