// What one running server says about itself.
import type pg from 'pg'
import type { Setting } from '../../src/fleet/catalog.ts'

export interface Reading {
  /** "17.10", without what a distribution appends. */
  version: string
  extensions: string[]
  settings: Record<string, Setting>
}

const columns = 'name, vartype, unit, min_val, max_val, enumvals, context, boot_val, category, short_desc'

/** Core settings have no dot in their name; those of a module start with its prefix. */
export async function readSettings(client: pg.Client, prefix = ''): Promise<Record<string, Setting>> {
  const where = prefix ? `starts_with(name, '${prefix}.')` : `position('.' in name) = 0`
  const { rows } = await client.query(`select ${columns} from pg_settings where ${where} order by name collate "C"`)
  return Object.fromEntries(rows.map((row) => [row.name, toSetting(row)]))
}

function toSetting(row: Record<string, string | string[] | null>): Setting {
  return {
    type: row.vartype as Setting['type'],
    ...(row.unit ? { unit: String(row.unit) } : {}),
    ...(row.min_val ? { min: Number(row.min_val) } : {}),
    ...(row.max_val ? { max: Number(row.max_val) } : {}),
    ...(row.enumvals ? { enum: row.enumvals as string[] } : {}),
    context: row.context as Setting['context'],
    default: row.boot_val as string | null,
    category: String(row.category),
    description: String(row.short_desc),
  }
}

export async function readVersion(client: pg.Client): Promise<string> {
  const { rows } = await client.query('show server_version')
  return String(rows[0].server_version).split(' ')[0] ?? ''
}

/** These need an interpreter that the packages do not bring: they load where the machine happens to have its very version. */
const needsInterpreter = /(^|_)pl(perl|python3|tcl)u?$/

/** Those that can really be created: a control file alone does not tell whether the library behind it loads. */
export async function readExtensions(client: pg.Client): Promise<string[]> {
  const { rows } = await client.query('select name from pg_available_extensions order by name collate "C"')
  const created: string[] = []
  for (const name of rows.map((row) => String(row.name)).filter((name) => !needsInterpreter.test(name))) {
    await client.query('begin')
    const error = await client.query(`create extension if not exists "${name}" cascade`).catch((cause: Error) => cause)
    await client.query('rollback')
    if (error instanceof Error) console.error(`  extension ${name} is left out: ${error.message}`)
    else created.push(name)
  }
  return created
}
