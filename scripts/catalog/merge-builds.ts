// The builds of one major as one catalogue.
import type { Build, BuildInfo, Major, PostgresCatalog, Setting } from '../../src/fleet/catalog.ts'
import type { Reading } from './read-build.ts'

export type ReadBuild = Reading & { package: string }
type Builds = { embedded: ReadBuild; debian?: ReadBuild }

export function mergeBuilds(major: Major, builds: Builds): PostgresCatalog {
  const readings = Object.entries(builds) as [Build, ReadBuild][]
  const names = (pick: (reading: Reading) => string[]) => [...new Set(readings.flatMap(([, reading]) => pick(reading)))]
  const info = ({ version, package: source }: ReadBuild): BuildInfo => ({ version, package: source })
  const extensions = names((reading) => reading.extensions)
  const settings = names((reading) => Object.keys(reading.settings))
  return {
    major,
    builds: { embedded: info(builds.embedded), ...(builds.debian ? { debian: info(builds.debian) } : {}) },
    extensions: Object.fromEntries(
      extensions.map((name) => [name, readings.filter(([, reading]) => reading.extensions.includes(name)).map(([build]) => build)]),
    ),
    settings: Object.fromEntries(settings.map((name) => [name, mergeSetting(name, readings)])),
  }
}

function mergeSetting(name: string, readings: [Build, Reading][]): Setting {
  const present = readings.flatMap(([build, { settings }]) => (settings[name] ? [{ build, ...withoutPackage(name, settings[name]) }] : []))
  const [{ build: _, ...first }, ...others] = present as [(typeof present)[0], ...typeof present]
  for (const other of others)
    for (const key of ['type', 'unit', 'min', 'max', 'context', 'category', 'description'] as const)
      if (other[key] !== first[key]) throw new Error(`${name}: ${key} differs between builds: ${first[key]}, ${other[key]}`)
  return {
    ...first,
    ...mergeEnums(present),
    ...(present.length < readings.length ? { builds: present.map(({ build }) => build) } : {}),
    default: others.every((other) => other.default === first.default) ? first.default : null,
  }
}

/** Compiled in: paths that each packager chooses, and the minor version, of which even the range is made. */
const ofThePackage = ['krb_server_keyfile', 'server_version', 'server_version_num', 'unix_socket_directories']

function withoutPackage(name: string, setting: Setting): Setting {
  if (!ofThePackage.includes(name)) return setting
  const { min: _, max: __, ...rest } = setting
  return { ...rest, default: null }
}

/** All values in the server's own order, and those that only one build has. */
function mergeEnums(present: (Setting & { build: Build })[]): Pick<Setting, 'enum' | 'enumOnly'> {
  const lists = present.map((setting) => setting.enum ?? []).toSorted((a, b) => b.length - a.length)
  const values = [...new Set(lists.flat())]
  if (values.length === 0) return {}
  const only = present.map(
    ({ build, enum: own = [] }) => [build, own.filter((value) => !lists.every((list) => list.includes(value)))] as const,
  )
  const differing = only.filter(([, list]) => list.length > 0)
  return { enum: values, ...(differing.length ? { enumOnly: Object.fromEntries(differing) } : {}) }
}
