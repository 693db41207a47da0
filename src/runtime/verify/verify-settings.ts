// Whether a server runs with exactly the settings of its postgresql.conf.
import type { Setting } from '../../fleet/catalog.ts'
import { parseSetting } from '../../fleet/setting-value.ts'
import type { ServerSetting } from '../../fleet/types.ts'

/** A row of pg_settings: `setting` counts in `unit`. */
export type SettingRow = {
  readonly name: string
  readonly setting: string
  readonly vartype: Setting['type']
  readonly unit: string | null
  readonly enumvals: string[] | null
  readonly source: string
  readonly sourcefile: string | null
  readonly pending_restart: boolean
}

/** A row of pg_file_settings: the file as the server would read it now. */
export type FileSettingRow = {
  readonly name: string | null
  readonly setting: string | null
  readonly applied: boolean
  readonly error: string | null
  readonly sourceline: number
}

export type SettingMismatch = { readonly name: string; readonly expected: string; readonly actual: string; readonly why: string }

export type SettingsReport = { readonly verified: number; readonly total: number; readonly mismatches: readonly SettingMismatch[] }

/** What runs queries; pg.Client fits. */
export type Queryable = { readonly query: (text: string) => Promise<{ rows: unknown[] }> }

/** Reads the settings of a live server, as a role that may see all of them, and compares. `file` is its postgresql.conf as it sees it. */
export async function verifySettings(client: Queryable, settings: readonly ServerSetting[], file: string): Promise<SettingsReport> {
  const rows = await client.query('select name, setting, vartype, unit, enumvals, source, sourcefile, pending_restart from pg_settings')
  const lines = await client.query('select name, setting, applied, error, sourceline from pg_file_settings')
  return compareSettings(settings, rows.rows as SettingRow[], lines.rows as FileSettingRow[], file)
}

export function compareSettings(
  settings: readonly ServerSetting[],
  rows: readonly SettingRow[],
  lines: readonly FileSettingRow[],
  file: string,
): SettingsReport {
  // The server prints some names in mixed case (TimeZone) and takes them in any.
  const byName = new Map(rows.map((row) => [row.name.toLowerCase(), row]))
  const inFile = new Map(lines.filter(({ applied }) => applied).map(({ name, setting }) => [name?.toLowerCase(), setting]))
  const mismatches = settings.flatMap(({ name, value }): SettingMismatch[] => {
    const row = byName.get(name.toLowerCase())
    if (!row) return [{ name, expected: value, actual: '', why: 'the server does not know it' }]
    const why = difference(value, row, inFile.get(name.toLowerCase()) ?? '', file)
    return why ? [{ name, expected: value, actual: `${row.setting}${row.unit ? ` (in ${row.unit})` : ''}`, why }] : []
  })
  const verified = settings.length - mismatches.length
  const broken = lines.filter(({ error }) => error !== null)
  const errors = broken.map(({ name, setting, error, sourceline }) => ({
    name: name ?? `line ${sourceline}`,
    expected: setting ?? '',
    actual: '',
    why: String(error),
  }))
  return { verified, total: settings.length, mismatches: [...mismatches, ...errors] }
}

/** Values for "compute it yourself": the server shows what it computed. */
const automatic: Readonly<Record<string, string>> = {
  wal_buffers: '-1',
  commit_timestamp_buffers: '0',
  subtransaction_buffers: '0',
  transaction_buffers: '0',
}

/** Shown as the socket of the connection has them, which is 0 for a Unix socket: show_tcp_keepalives_idle() in src/backend/libpq/pqcomm.c. */
const socketValues = new Set(['tcp_keepalives_count', 'tcp_keepalives_idle', 'tcp_keepalives_interval', 'tcp_user_timeout'])

function difference(expected: string, row: SettingRow, inFile: string, file: string): string | undefined {
  if (row.pending_restart) return 'it takes effect at the next restart'
  if (row.source === 'override' && automatic[row.name] === expected) return undefined
  // What others get stands in the file.
  const ofConnection = row.source === 'client' || socketValues.has(row.name)
  if (!sameValue(expected, ofConnection ? inFile : row.setting, row)) return 'the server has another value'
  if (row.source !== 'client' && row.sourcefile !== file) return `it is set elsewhere: ${row.sourcefile ?? row.source}`
  return undefined
}

/** Strings of which the server changes the case or the spaces when it takes them. */
const reworded = new Set(['datestyle', 'log_timezone', 'timezone'])

/** In base units, never as text: `1GB` is reported as 131072 pages of 8 kB, `1.10` as 1.1, wal_compression `on` as pglz. */
function sameValue(expected: string, actual: string, { name, vartype, unit, enumvals }: SettingRow): boolean {
  if (vartype === 'string') {
    const plain = (text: string) => (reworded.has(name.toLowerCase()) ? text.toLowerCase().replaceAll(' ', '') : text)
    return plain(expected) === plain(actual)
  }
  const setting: Setting = {
    type: vartype,
    ...(unit === null ? {} : { unit }),
    ...(enumvals === null ? {} : { enum: enumvals }),
    context: 'user',
    default: null,
    category: '',
    description: '',
  }
  const [wanted, found] = [expected, actual].map((value) => parseSetting(setting, value, 'embedded'))
  if (!wanted?.ok || !found?.ok) return false
  return vartype === 'real' ? sixDigits(wanted.base) === sixDigits(found.base) : wanted.base === found.base
}

/** The server prints no more of a real number. */
const sixDigits = (value: number | string | boolean) => Number(value).toPrecision(6)
