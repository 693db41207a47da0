// npm run catalog: reads settings, extensions and PgBouncer keys from real servers into schema/catalog/. All or nothing is written.
import { mkdirSync, writeFileSync } from 'node:fs'
import type { Major } from '../src/fleet/catalog.ts'
import { checkSame, type ModuleReadings } from './catalog/modules.ts'
import { readPgBouncers } from './catalog/pgbouncer.ts'
import { type DebianMajor, type DebianRoot, debianMajors, debianRoot } from './catalog/places.ts'
import { print } from './catalog/print.ts'
import { type MajorReading, readMajor } from './catalog/read-major.ts'

const folder = 'schema/catalog'
const majors: Major[] = [15, 16, 17, 18]

const roots = new Map<Major, DebianRoot>()
for (const major of debianMajors) {
  try {
    roots.set(major, debianRoot(major))
  } catch (error) {
    console.error(`Cannot read Debian's build of PostgreSQL ${major}: ${(error as Error).message}`)
  }
}
if (roots.size < debianMajors.length) {
  console.error(`${folder}/ is left as it is: writing it now would drop those builds.`)
  process.exit(3)
}

const readings = new Map<Major, MajorReading>()
for (const major of majors) {
  console.error(`PostgreSQL ${major}`)
  readings.set(major, await readMajor(major, roots.get(major)))
}
console.error('PgBouncer')
const pgbouncer = await readPgBouncers({ oldest: rootOf(15), newest: rootOf(17) })
const extensions = extensionCatalog()

mkdirSync(folder, { recursive: true })
for (const [major, { catalog }] of readings) write(`postgres-${major}`, catalog, 2)
write('extensions', extensions, 3)
write('pgbouncer', pgbouncer, 3)

/** Debian's 17 has the most modules. */
function extensionCatalog(): ModuleReadings {
  const found = readings.get(17)?.modules.debian ?? {}
  for (const [major, { modules }] of readings)
    for (const [build, others] of Object.entries(modules)) checkSame('pg_stat_statements', found, others, `${build} ${major}`)
  return found
}

function rootOf(major: DebianMajor): DebianRoot {
  return roots.get(major) as DebianRoot
}

function write(name: string, content: object, depth: number) {
  writeFileSync(`${folder}/${name}.json`, print(content, depth))
  console.log(`${folder}/${name}.json`)
}
