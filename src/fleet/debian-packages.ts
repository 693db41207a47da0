/**
 * Extensions that Debian and PGDG package on their own, as the suffix of the package name: `postgresql-17-pgaudit`. What PostgreSQL
 * itself brings (contrib) is in the catalogue of the build. Each exists in both archives for majors 15 to 18 where that archive has
 * the major. timescaledb there is the Apache edition.
 */
export const extensionPackages: Readonly<Record<string, string>> = {
  hypopg: 'hypopg',
  ip4r: 'ip4r',
  pg_cron: 'cron',
  pg_partman: 'partman',
  pg_repack: 'repack',
  pgaudit: 'pgaudit',
  plpgsql_check: 'plpgsql-check',
  postgis: 'postgis-3',
  postgis_raster: 'postgis-3',
  postgis_topology: 'postgis-3',
  timescaledb: 'timescaledb',
  vector: 'pgvector',
}

/** The packages that a server needs for its extensions, as suffixes, sorted and each once. */
export function packageSuffixes(extensions: readonly string[]): string[] {
  const suffixes = extensions.flatMap((name) => (Object.hasOwn(extensionPackages, name) ? [extensionPackages[name]!] : []))
  return [...new Set(suffixes)].sort()
}
