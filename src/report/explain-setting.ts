import type { Catalogs, Major, Setting } from '../fleet/catalog.ts'
import { ownedReason } from '../fleet/owned.ts'
import { describeMajors } from '../fleet/setting-history.ts'
import { findSetting } from '../fleet/setting-lookup.ts'
import { showBase, unitsOf } from '../fleet/setting-number.ts'
import type { Fleet, Service } from '../fleet/types.ts'

type Row = { readonly setting: Setting; readonly majors: readonly Major[]; readonly extension?: string }

/** A setting of PostgreSQL, of an extension or of PgBouncer as text; undefined when there is none of this name. */
export function explainSetting(name: string, catalogs: Catalogs, fleet?: Fleet): string | undefined {
  const rows = rowsOf(name, catalogs)
  const row = rows.at(-1)
  if (!row) return explainPoolerKey(name, catalogs)
  const facts: [string, string][] = [
    ['type', typeWords(row.setting)],
    ...rows.map(({ setting, majors }): [string, string] => [
      rows.length > 1 ? `default (${majors.join(', ')})` : 'default',
      defaultWords(setting),
    ]),
    ['a change', changes[row.setting.context]],
    ['exists in', existsIn(rows)],
  ]
  const owned = ownedReason(name)
  if (owned) facts.push(['owned', `pgfleet sets it: ${owned.why}; ${owned.instead}`])
  const services = fleet ? fleet.services.map((service): [string, string] => [service.key, valueWords(name, service, fleet)]) : []
  return `${name}\n\n${row.setting.description} (${row.setting.category})\n\n${table(facts)}${services.length ? `\nIn this fleet:\n\n${table(services)}` : ''}`
}

/** Every name that explainSetting knows. */
export const settingNamesOf = ({ postgres, extensions, pgbouncer }: Catalogs): string[] => [
  ...new Set([...Object.values(postgres), ...Object.values(extensions)].flatMap(({ settings }) => Object.keys(settings))),
  ...Object.values(pgbouncer).flatMap(({ keys }) => Object.keys(keys)),
]

/** Its rows, those that say the same joined, oldest major first. */
function rowsOf(name: string, { postgres, extensions }: Catalogs): Row[] {
  const rows: { setting: Setting; majors: Major[] }[] = []
  for (const { major, settings } of Object.values(postgres)) {
    const setting = Object.hasOwn(settings, name) ? settings[name] : undefined
    const same = rows.find((row) => setting && row.setting.default === setting.default)
    if (same) same.majors.push(major)
    else if (setting) rows.push({ setting, majors: [major] })
  }
  const extension = Object.keys(extensions).find((key) => Object.hasOwn(extensions[key]?.settings ?? {}, name))
  const setting = extension === undefined ? undefined : extensions[extension]?.settings[name]
  return setting && extension !== undefined ? [{ setting, majors: [], extension }] : rows
}

function typeWords({ type, unit, min, max, enum: words = [], enumOnly = {} }: Setting): string {
  if (type === 'bool') return 'on or off'
  const foreign = Object.entries(enumOnly).map(([build, only]) => ` (${only.join(', ')}: ${build} build only)`)
  if (type === 'enum') return `one of ${words.map((word) => word || '""').join(', ')}${foreign.join('')}`
  if (type === 'string') return 'text'
  const kind = type === 'integer' ? 'a whole number' : 'a number'
  const range = min === undefined || max === undefined ? '' : ` from ${showBase(min, unit)} to ${showBase(max, unit)}`
  return unit === undefined ? `${kind}${range}` : `${kind}${range}, with a unit (${unitsOf(unit).join(', ')}); a bare number counts ${unit}`
}

function defaultWords(setting: Setting): string {
  if (setting.default === null) return 'depends on the machine or the build'
  if (setting.default === '') return 'empty'
  return setting.type === 'integer' || setting.type === 'real' ? showBase(Number(setting.default), setting.unit) : setting.default
}

const changes: Readonly<Record<Setting['context'], string>> = {
  internal: 'is not possible: it shows how the server was built or initialised',
  postmaster: 'needs a restart of the server',
  sighup: 'needs a reload',
  'superuser-backend': 'needs a reload, and counts for connections made after it',
  backend: 'needs a reload, and counts for connections made after it',
  superuser: 'needs a reload; a superuser can also change it for one session',
  user: 'needs a reload; each session can also change it for itself',
}

function existsIn(rows: readonly Row[]): string {
  const [first] = rows
  if (first?.extension !== undefined) return `the extension ${first.extension}`
  const majors = rows.flatMap((row) => row.majors).sort()
  const builds = first?.setting.builds
  return `${majors.length === 4 ? 'PostgreSQL 15 to 18' : describeMajors(majors)}${builds ? `, ${builds.join(' and ')} build only` : ''}`
}

function valueWords(name: string, service: Service, fleet: Fleet): string {
  const printed = service.settings.find((setting) => setting.name === name)
  if (printed) {
    const source = printed.source === 'declared' ? '' : `${printed.source === 'fleet' ? 'set by pgfleet' : printed.source}: `
    return `${printed.value || '""'} (${source}${printed.why})`
  }
  const found = findSetting(name, service, fleet)
  return found.kind === 'known' ? `${defaultWords(found.setting)} (PostgreSQL's default)` : 'not there'
}

function explainPoolerKey(name: string, { pgbouncer }: Catalogs): string | undefined {
  const versions = Object.keys(pgbouncer).filter((version) => Object.hasOwn(pgbouncer[version]?.keys ?? {}, name))
  const newest = versions.at(-1)
  const key = newest === undefined ? undefined : pgbouncer[newest]?.keys[name]
  if (!key) return undefined
  const facts: [string, string][] = [
    ['default', key.default === null ? 'depends on the build' : key.default || 'empty'],
    ['a change', key.changeable ? 'needs a reload' : 'needs a restart of the pooler'],
    ['exists in', versions.length > 1 ? `PgBouncer ${versions[0]} to ${newest}` : `PgBouncer ${newest}`],
  ]
  return `${name}\n\nA setting of PgBouncer.\n\n${table(facts)}`
}

function table(rows: readonly (readonly [string, string])[]): string {
  const width = Math.max(...rows.map(([name]) => name.length))
  return rows.map(([name, text]) => `  ${name.padEnd(width)}  ${text}\n`).join('')
}
