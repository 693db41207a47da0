// Settings of modules that are loaded into the server.
import { isDeepStrictEqual } from 'node:util'
import type pg from 'pg'
import type { ExtensionInfo, Setting } from '../../src/fleet/catalog.ts'
import { readSettings } from './read-build.ts'

/** `prefix` where the settings do not start with the module's name. `preload`: does its work only in shared_preload_libraries. */
const modules: Record<string, { prefix?: string; preload: boolean }> = {
  auto_explain: { preload: true },
  pg_cron: { prefix: 'cron', preload: true },
  pg_prewarm: { preload: true },
  pg_stat_statements: { preload: true },
  pg_trgm: { preload: false },
  pgaudit: { preload: true },
  plpgsql: { preload: false },
  postgres_fdw: { preload: false },
  timescaledb: { preload: true },
}

/** In every build: what stands in shared_preload_libraries when nothing but contrib is there. */
export const contribPreload = ['auto_explain', 'pg_prewarm', 'pg_stat_statements']

export type ModuleReadings = Record<string, ExtensionInfo>

/** The modules that this server has; those to preload must be preloaded. */
export async function readModules(client: pg.Client, readFrom: string, serverVersion: string): Promise<ModuleReadings> {
  const found: ModuleReadings = {}
  const { rows } = await client.query('select name, default_version from pg_available_extensions')
  const versions = new Map<string, string>(rows.map((row) => [row.name, row.default_version]))
  const { rows: preloaded } = await client.query(`select unnest(string_to_array(current_setting('shared_preload_libraries'), ',')) as name`)
  for (const [name, { prefix = name, preload }] of Object.entries(modules)) {
    if (preload && !preloaded.some((row) => row.name === name)) continue
    // TimescaleDB's loader brings the real library, and most settings, only with the extension.
    if (name === 'timescaledb') await client.query('create extension timescaledb')
    else if (!preload) await client.query(`load '${name}'`)
    const settings = await readSettings(client, prefix)
    const edition =
      name === 'timescaledb' ? { edition: (await client.query('show timescaledb.license')).rows[0]['timescaledb.license'] } : {}
    found[name] = { version: versions.get(name) ?? serverVersion, readFrom, preload, ...edition, settings }
  }
  return found
}

/** One catalogue serves all majors only as long as they agree. */
export function checkSame(name: string, expected: ModuleReadings, found: ModuleReadings, where: string) {
  const facts = (settings: Record<string, Setting> = {}) =>
    Object.entries(settings).map(([key, { description: _, category: __, ...rest }]) => [key, rest])
  if (!isDeepStrictEqual(facts(expected[name]?.settings), facts(found[name]?.settings)))
    throw new Error(`the settings of ${name} differ in ${where}: ${JSON.stringify(facts(found[name]?.settings))}`)
}
