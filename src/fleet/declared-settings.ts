import type { Catalogs, PostgresCatalog, Setting } from './catalog.ts'
import { settingOwner } from './extensions.ts'
import { isOwned } from './owned.ts'
import { parseSetting } from './setting-value.ts'
import type { DeclaredValue } from './tune/tune.ts'
import type { LeftOut, Target } from './types.ts'

/** The row of a setting as this server has it: of the major, the build, and the extensions that are there. */
export function settingOf(
  name: string,
  catalog: PostgresCatalog,
  catalogs: Catalogs,
  target: Target,
  extensions: readonly string[],
): Setting | undefined {
  const core = Object.hasOwn(catalog.settings, name) ? catalog.settings[name] : undefined
  if (core) return core.builds && catalog.builds[target.build] && !core.builds.includes(target.build) ? undefined : core
  const owner = settingOwner(name, catalogs)
  return owner && extensions.includes(owner) ? catalogs.extensions[owner]!.settings[name] : undefined
}

/**
 * The declared settings that count. What the server would not take is not among them: a finding where the target is strict, left
 * out and listed where it is lenient.
 */
export function declaredSettings(
  declared: Readonly<Record<string, string | number | boolean>>,
  setting: (name: string) => Setting | undefined,
  target: Target,
): { values: Map<string, DeclaredValue>; leftOut: LeftOut[] } {
  const values = new Map<string, DeclaredValue>()
  const leftOut: LeftOut[] = []
  for (const [name, raw] of Object.entries(declared)) {
    const row = setting(name)
    if (isOwned(name)) continue
    const parsed = row && parseSetting(row, raw, target.build)
    if (!parsed?.ok) {
      if (target.lenient) leftOut.push({ what: `setting ${name}`, why: parsed ? parsed.message : `this build does not have it` })
      continue
    }
    const number = parsed.bytes ?? (typeof parsed.base === 'number' ? parsed.base : undefined)
    values.set(name, { text: parsed.text, ...(number === undefined ? {} : { number }) })
  }
  return { values, leftOut }
}
