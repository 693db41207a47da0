import { describe, expect, test } from 'vitest'
import { readEmbedded } from '../../scripts/catalog/read-major.ts'
import { type Build, loadCatalog, loadExtensionCatalog, type PostgresCatalog, type Setting } from '../../src/fleet/catalog.ts'

describe('the committed catalogue of 17 is what the embedded server says', async () => {
  const committed = await loadCatalog(17)
  const { build, modules } = await readEmbedded(17)

  test('build', () => expect(committed.builds.embedded).toEqual({ version: build.version, package: build.package }))

  test('settings', () => {
    const expected = ofBuild(committed, 'embedded')
    expect(Object.keys(build.settings).sort()).toEqual(Object.keys(expected).sort())
    for (const [name, setting] of Object.entries(build.settings))
      expect([name, known(setting, expected[name])]).toEqual([name, expected[name]])
  })

  test('extensions', () => {
    const names = Object.keys(committed.extensions).filter((name) => committed.extensions[name]?.includes('embedded'))
    expect(build.extensions).toEqual(names)
  })

  test('modules', async () => {
    const { settings } = (await loadExtensionCatalog()).pg_stat_statements ?? {}
    expect(modules.pg_stat_statements?.settings).toEqual(settings)
  })
})

/** What one build of a catalogue has. */
function ofBuild({ settings }: PostgresCatalog, build: Build): Record<string, Setting> {
  const own = Object.entries(settings).filter(([, { builds }]) => !builds || builds.includes(build))
  return Object.fromEntries(own.map(([name, setting]) => [name, withoutOthers(setting, build)]))
}

function withoutOthers({ enumOnly = {}, builds: _, ...setting }: Setting, build: Build): Setting {
  const others = Object.entries(enumOnly).flatMap(([name, values]) => (name === build ? [] : values))
  return setting.enum ? { ...setting, enum: setting.enum.filter((value) => !others.includes(value)) } : setting
}

/** The catalogue leaves out what depends on the packager. */
function known(read: Setting, committed: Setting | undefined): Setting {
  if (committed?.default !== null) return read
  const { min, max, ...rest } = read
  return { ...rest, default: null, ...(committed.min === undefined ? {} : { min, max }) } as Setting
}
