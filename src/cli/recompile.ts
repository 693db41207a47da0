import type { allGenerators } from '../../generators/index.ts'
import type { Config } from '../../schema/services.ts'
import { loadCatalogs } from '../fleet/catalog.ts'
import type { Migration } from '../fleet/data-types.ts'
import { resolveFleet } from '../fleet/resolve.ts'
import type { Fleet } from '../fleet/types.ts'
import type { Recompile } from '../plan/provenance/recompile.ts'

export type Generator = (typeof allGenerators)[number]

/**
 * Makes artifacts anew from edited versions of a configuration that was compiled: rules are not checked, and the SQL is what was parsed then.
 * A folder of SQL that is not known holds the files that the service had, under its name.
 */
export async function recompiler(config: Config, fleet: Fleet): Promise<(generators: readonly Generator[]) => Recompile> {
  const catalogs = await loadCatalogs([15, 16, 17, 18])
  const services = new Map(fleet.services.map((service) => [service.key, service]))
  const folders = new Map(Object.entries(config.services).map(([key, { sql }]) => [sql ?? '', services.get(key)?.migrations ?? []]))
  const migrationsOf = (edited: Config, key: string): readonly Migration[] => {
    const folder = edited.services[key]?.sql
    if (folder === undefined) return []
    return folders.get(folder) ?? (services.get(key)?.migrations ?? []).map((file) => ({ ...file, path: `${folder}/${file.name}` }))
  }
  const resolved = (edited: Config): Fleet =>
    resolveFleet(edited, {
      target: fleet.target,
      catalogs,
      migrations: (key) => migrationsOf(edited, key),
      seeds: (key) => services.get(key)?.seeds ?? [],
      callError: () => undefined,
    })
  return (generators) =>
    function* (edited) {
      const made = resolved(edited)
      for (const generator of generators) yield* generator.generate(made)
    }
}
