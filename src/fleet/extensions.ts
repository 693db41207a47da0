import type { Path } from '../diagnostic.ts'
import type { Catalogs, PostgresCatalog } from './catalog.ts'
import type { Extension, LeftOut, Target } from './types.ts'

/** Whether CREATE EXTENSION can make it there: a contrib module of the build, or a package of the target. */
export function extensionAvailable(name: string, catalog: PostgresCatalog, target: Target): boolean {
  if (target.extensions.includes(name)) return true
  // A major that was read from one build only is taken to have the same contrib modules in the other.
  const build = catalog.builds[target.build] ? target.build : 'embedded'
  return Object.hasOwn(catalog.extensions, name) && catalog.extensions[name]!.includes(build)
}

/** Libraries in the order in which they are loaded: timescaledb wants to be first. */
export const preloadLibraries = (extensions: readonly Extension[]): string[] =>
  extensions
    .filter(({ preload }) => preload)
    .map(({ name }) => name)
    .sort((a, b) => Number(b === 'timescaledb') - Number(a === 'timescaledb'))

/** The declared extensions, without those that a lenient target lacks. */
export function resolveExtensions(
  names: readonly string[],
  origin: Path,
  catalog: PostgresCatalog,
  catalogs: Catalogs,
  target: Target,
): { extensions: Extension[]; leftOut: LeftOut[] } {
  const extensions: Extension[] = []
  const leftOut: LeftOut[] = []
  names.forEach((name, index) => {
    const known = Object.hasOwn(catalogs.extensions, name) ? catalogs.extensions[name] : undefined
    if (target.lenient && !extensionAvailable(name, catalog, target))
      leftOut.push({ what: `extension ${name}`, why: `the ${target.build} build does not have it` })
    else extensions.push({ name, preload: known?.preload ?? false, origin: [...origin, 'extensions', index] })
  })
  return { extensions, leftOut }
}

/** The extension that a setting like `pgaudit.log` belongs to; pg_cron's prefix is not its name. */
export const settingOwner = (setting: string, catalogs: Catalogs): string | undefined =>
  Object.keys(catalogs.extensions).find((name) => Object.hasOwn(catalogs.extensions[name]!.settings, setting))
