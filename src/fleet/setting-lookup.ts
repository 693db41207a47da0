import { closest } from '../suggest.ts'
import type { Build, Major, Setting } from './catalog.ts'
import { extensionAvailable, settingOwner } from './extensions.ts'
import { ownedReason } from './owned.ts'
import { majorsOf, successorOf } from './setting-history.ts'
import type { Fleet, Service } from './types.ts'

/** Where the name of a setting leads: to its row in the catalogue, or to why this server has none. */
export type FoundSetting =
  | { readonly kind: 'known'; readonly setting: Setting; readonly extension?: string }
  /** pgfleet sets it itself. */
  | { readonly kind: 'owned'; readonly why: string; readonly instead: string }
  | { readonly kind: 'other-major'; readonly majors: readonly Major[]; readonly successor?: string }
  | { readonly kind: 'other-build'; readonly builds: readonly Build[] }
  /** It belongs to an extension that the service does not list, or that its target does not have. */
  | { readonly kind: 'extension'; readonly extension: string; readonly available: boolean }
  | { readonly kind: 'pgbouncer' }
  | { readonly kind: 'former'; readonly successor: string }
  | { readonly kind: 'unknown'; readonly closest?: string }

/** Looks a setting up as one server of the fleet has it. Names are those of pg_settings, in their case. */
export function findSetting(name: string, service: Service, { target, catalogs, pgbouncerVersion }: Fleet): FoundSetting {
  const { catalog, extensions } = service
  const owned = ownedReason(name)
  if (owned) return { kind: 'owned', ...owned }
  const core = own(catalog.settings, name)
  if (core) {
    // A major that was read from one build only says nothing about the other.
    const foreign = core.builds && catalog.builds[target.build] && !core.builds.includes(target.build)
    return foreign ? { kind: 'other-build', builds: core.builds ?? [] } : { kind: 'known', setting: core }
  }
  const extension = settingOwner(name, catalogs)
  if (extension !== undefined) {
    const setting = own(catalogs.extensions[extension]?.settings ?? {}, name)
    const there = extensions.some((other) => other.name === extension)
    if (setting && there) return { kind: 'known', setting, extension }
    return { kind: 'extension', extension, available: extensionAvailable(extension, catalog, target) }
  }
  const majors = majorsOf(name)
  const successor = successorOf(name)
  if (majors) return { kind: 'other-major', majors, ...(successor && own(catalog.settings, successor) ? { successor } : {}) }
  if (successor !== undefined) return { kind: 'former', successor }
  if (own(catalogs.pgbouncer[pgbouncerVersion]?.keys ?? {}, name)) return { kind: 'pgbouncer' }
  const meant = closest(name, settingNames(service, catalogs.extensions))
  return { kind: 'unknown', ...(meant === undefined ? {} : { closest: meant }) }
}

/** Every name that could be meant: the server's own, then those of all extensions. */
const settingNames = (service: Pick<Service, 'catalog'>, extensions: Fleet['catalogs']['extensions']): string[] => [
  ...Object.keys(service.catalog.settings),
  ...Object.values(extensions).flatMap(({ settings }) => Object.keys(settings)),
]

const own = <T>(record: Readonly<Record<string, T>>, name: string): T | undefined =>
  Object.hasOwn(record, name) ? record[name] : undefined
