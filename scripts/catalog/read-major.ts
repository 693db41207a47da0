// One major, from every build that could be had.
import type { Major, PostgresCatalog } from '../../src/fleet/catalog.ts'
import { mergeBuilds, type ReadBuild } from './merge-builds.ts'
import { contribPreload, type ModuleReadings, readModules } from './modules.ts'
import { type Build, type DebianRoot, debianBuild, debianModules, withEmbedded } from './places.ts'
import { readExtensions, readSettings, readVersion } from './read-build.ts'
import { withPostgres } from './server.ts'

export interface MajorReading {
  catalog: PostgresCatalog
  modules: { embedded: ModuleReadings; debian?: ModuleReadings }
}

export async function readMajor(major: Major, root: DebianRoot | undefined): Promise<MajorReading> {
  const embedded = await readEmbedded(major)
  const debian = root && (await readBuild(debianBuild(root), [...contribPreload, ...debianModules(root.major)]))
  return {
    catalog: mergeBuilds(major, { embedded: embedded.build, ...(debian ? { debian: debian.build } : {}) }),
    modules: { embedded: embedded.modules, ...(debian ? { debian: debian.modules } : {}) },
  }
}

/** The embedded build alone, as the integration test reads it anew. */
export async function readEmbedded(major: Major) {
  return withEmbedded(major, (source) => readBuild(source, contribPreload))
}

async function readBuild({ place, bin, source }: Build, preload: string[]): Promise<{ build: ReadBuild; modules: ModuleReadings }> {
  return withPostgres(place, bin, preload, async (client) => {
    const version = await readVersion(client)
    const settings = await readSettings(client)
    const modules = await readModules(client, source, version)
    return { build: { package: source, version, settings, extensions: await readExtensions(client) }, modules }
  })
}
