// What real servers accept, read from them by `npm run catalog` into schema/catalog/. Each file is loaded only when it is needed.

export type Major = 15 | 16 | 17 | 18

/** Who compiled the server: the npm binaries of the embedded runtime, or Debian. Their enums and extensions differ. */
export type Build = 'embedded' | 'debian'

/** One row of pg_settings. */
export interface Setting {
  type: 'bool' | 'integer' | 'real' | 'string' | 'enum'
  /** What a bare number counts: kB, 8kB, MB, B, ms, s, min. */
  unit?: string
  min?: number
  max?: number
  /** Every value that some build takes. */
  enum?: string[]
  /** The values of `enum` that only this build takes. */
  enumOnly?: Partial<Record<Build, string[]>>
  /** Only when a build of this major lacks the setting. */
  builds?: Build[]
  context: 'internal' | 'postmaster' | 'sighup' | 'superuser-backend' | 'backend' | 'superuser' | 'user'
  /** Built into the server, in base units of `unit`; null where there is none or it depends on the build or the machine. */
  default: string | null
  category: string
  description: string
}

export interface PostgresCatalog {
  major: Major
  /** Which servers were read. */
  builds: { embedded: BuildInfo; debian?: BuildInfo }
  /** Extensions that CREATE EXTENSION can make, and the builds that have them. */
  extensions: Record<string, Build[]>
  settings: Record<string, Setting>
}

export interface BuildInfo {
  version: string
  package: string
}

/** Settings of a module that is loaded into the server; its name is the extension's, or the library's where there is no extension. */
export interface ExtensionInfo {
  version: string
  readFrom: string
  /** It does its work only when it is in shared_preload_libraries. */
  preload: boolean
  /** TimescaleDB has two; Debian's packages are Apache. */
  edition?: 'apache' | 'community'
  settings: Record<string, Setting>
}

export type ExtensionCatalog = Record<string, ExtensionInfo>

export interface PgBouncerInfo {
  readFrom: string
  /** `changeable`: RELOAD is enough, no restart. */
  keys: Record<string, { default: string | null; changeable: boolean }>
  /** Keys of a line in [databases] and in [users]. */
  databaseKeys: string[]
  userKeys: string[]
}

/** By version, "1.24". */
export type PgBouncerCatalog = Record<string, PgBouncerInfo>

/** The settings and extensions of one major. */
export async function loadCatalog(major: Major): Promise<PostgresCatalog> {
  // Literal paths, so that the bundler makes each file a chunk of its own.
  switch (major) {
    case 15:
      return (await import('../../schema/catalog/postgres-15.json', { with: { type: 'json' } })).default as PostgresCatalog
    case 16:
      return (await import('../../schema/catalog/postgres-16.json', { with: { type: 'json' } })).default as PostgresCatalog
    case 17:
      return (await import('../../schema/catalog/postgres-17.json', { with: { type: 'json' } })).default as PostgresCatalog
    case 18:
      return (await import('../../schema/catalog/postgres-18.json', { with: { type: 'json' } })).default as PostgresCatalog
  }
}

/** The settings of pg_stat_statements, pgaudit, timescaledb, pg_cron and others. */
export async function loadExtensionCatalog(): Promise<ExtensionCatalog> {
  return (await import('../../schema/catalog/extensions.json', { with: { type: 'json' } })).default as ExtensionCatalog
}

/** The keys of pgbouncer.ini, by version. */
export async function loadPgBouncerCatalog(): Promise<PgBouncerCatalog> {
  return (await import('../../schema/catalog/pgbouncer.json', { with: { type: 'json' } })).default as PgBouncerCatalog
}

export interface Catalogs {
  postgres: Partial<Record<Major, PostgresCatalog>>
  extensions: ExtensionCatalog
  pgbouncer: PgBouncerCatalog
}

/** Everything a fleet with servers of these majors is checked against. */
export async function loadCatalogs(majors: Iterable<Major>): Promise<Catalogs> {
  const postgres: Catalogs['postgres'] = {}
  const servers = [...new Set(majors)].map(async (major) => {
    postgres[major] = await loadCatalog(major)
  })
  const [extensions, pgbouncer] = await Promise.all([loadExtensionCatalog(), loadPgBouncerCatalog(), ...servers])
  return { postgres, extensions, pgbouncer }
}
