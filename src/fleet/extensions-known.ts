import { compareText } from '../diagnostic.ts'
import type { PostgresCatalog } from './catalog.ts'
import { extensionPackages } from './debian-packages.ts'
import type { Fleet } from './types.ts'

/** Contrib modules that not every major has. */
const partly: Readonly<Record<string, string>> = {
  adminpack: 'PostgreSQL 15 and 16 only',
  old_snapshot: 'PostgreSQL 15 and 16 only',
  pg_logicalinspect: 'PostgreSQL 18 only',
}

/** Which majors have an extension that not all have; undefined for every other. */
export const extensionMajors = (name: string): string | undefined => (Object.hasOwn(partly, name) ? partly[name] : undefined)

/** Every extension that some target could have, sorted. */
export function knownExtensions(catalog: PostgresCatalog, { target, catalogs }: Fleet): string[] {
  const names = [catalog.extensions, extensionPackages, catalogs.extensions, partly].flatMap((record) => Object.keys(record))
  return [...new Set([...names, ...target.extensions])].sort(compareText)
}

export const extensionKnown = (name: string, catalog: PostgresCatalog, { target, catalogs }: Fleet): boolean =>
  [catalog.extensions, extensionPackages, catalogs.extensions, partly].some((record) => Object.hasOwn(record, name)) ||
  target.extensions.includes(name)
