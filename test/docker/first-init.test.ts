// SIGKILL at five points of the first start: the next start completes it, and until then the server is never healthy.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { allHealthy, compose, type SmallFleet, smallFleet } from '../support/docker-faults.ts'
import { outcomeOf, startAndKill } from '../support/docker-faults-init.ts'
import { describeDocker, project } from '../support/docker-fleet.ts'

/** The points by the services that are killed there: conditions in the folder $f that is initialised. */
const points: Readonly<Record<string, string>> = {
  'volume-made': 'true',
  // The image's cluster, half copied; and copied, with a log of its own.
  copying: '[ -s $f/PG_VERSION ] || [ -e $f/base/1/1259 ]',
  'log-made': 'compgen -G "$f/pg_wal/0*" >/dev/null',
  // The service's database is the first that initdb does not make; relations of its own mean that the init script is at work.
  'init-script': 'compgen -G "$f/base/16384/1[6-9][0-9][0-9][0-9]" >/dev/null',
  // The temporary server has run and has ended.
  'before-rename': '[ -d $f/base/16384 ] && [ ! -e $f/postmaster.pid ]',
}
const keys = Object.keys(points)
const containers = keys.map((key) => `postgres-${key}`)

const services = `version: 1
fleet: killed
host: { memory: 8GiB, cpus: 4, disk: 100GiB, storage: ssd }
services:
${keys.map((key, n) => `  ${key}: { port: ${5432 + n}, memory: 512MiB, cpus: 2, app: { role: app }, schemas: [shop], sql: sql }`).join('\n')}
`
const sql = {
  // The init script takes a while, so that it can be killed half through.
  'sql/0001-first.sql': 'CREATE TABLE shop.first (id bigint PRIMARY KEY);\nDO $$ BEGIN PERFORM pg_catalog.pg_sleep(0.5); END $$;\n',
  'sql/0002-last.sql': 'CREATE TABLE shop.last (id bigint PRIMARY KEY);\n',
}

/** Everything of the first start is there: tables, grants, passwords, and the one that is taken away at the very end. */
const complete = `SELECT to_regclass('shop.first') IS NOT NULL AND has_table_privilege('app', 'shop.last', 'INSERT')
  AND (SELECT rolpassword LIKE 'SCRAM-SHA-256$%' FROM pg_authid WHERE rolname = 'app')
  AND (SELECT rolpassword IS NULL FROM pg_authid WHERE rolname = 'postgres')`

describeDocker('a first start that is killed', () => {
  let small: SmallFleet
  afterEach(() => small?.remove())

  /** What the volumes held when their servers were killed, and what became of them. */
  async function killAll(folder: string, keys: readonly string[]) {
    await compose(small.project, 'create', ...keys.map((key) => `postgres-${key}`))
    const ends = keys.map(async (key) => {
      const container = small.containerOf('postgres', key)
      const outcome = outcomeOf(container, `killed_${key.replace('-', '_')}`, complete)
      const held = await startAndKill(small.project, { container, volume: `${small.project.prefix}_${key}-data`, folder }, points[key]!)
      return [key, { held, outcome: await outcome }] as const
    })
    return Object.fromEntries(await Promise.all(ends))
  }

  test('is completed by the next start', async () => {
    small = await smallFleet(project, { name: 'killed', services, sql, containers })
    expect(await killAll('pgdata.init', Object.keys(points))).toEqual({
      // The process is known a moment after it has begun.
      'volume-made': { held: expect.toBeOneOf([[], ['pgdata.init']]), outcome: 'complete' },
      copying: { held: ['pgdata.init'], outcome: 'complete' },
      'log-made': { held: ['pgdata.init'], outcome: 'complete' },
      'init-script': { held: ['pgdata.init'], outcome: 'complete' },
      'before-rename': { held: ['pgdata.init'], outcome: 'complete' },
    })
    await allHealthy(small.project)
    const files = await Promise.all(
      keys.map((key) => small.exec(small.containerOf('postgres', key), ['ls', '-A', '/var/lib/postgresql/data'])),
    )
    expect(files).toEqual(Array(5).fill('pgdata\n'))
  })

  test('leaves a half database without the folder that is renamed, which this test sees', async () => {
    small = await smallFleet(project, { name: 'halved', services, sql, containers, change: initialiseInPlace })
    expect(await killAll('pgdata', ['copying', 'log-made', 'init-script'])).toEqual({
      // How far it got before the kill arrived decides which.
      copying: { held: ['pgdata'], outcome: expect.stringMatching(/^(crash loop|half, and unhealthy)$/) },
      'log-made': { held: ['pgdata'], outcome: 'half, and unhealthy' },
      'init-script': { held: ['pgdata'], outcome: 'half, and unhealthy' },
    })
  })
})

/** The folder that the server runs on is made in its place. */
function initialiseInPlace(out: string): void {
  const file = join(out, 'docker/postgres-start.sh')
  const text = readFileSync(file, 'utf8')
  const changed = text.replace('"$data.init" "$@"', '"$data" "$@"').replace(/^ *(?:mv -T|rm -rf).*\n/gm, '')
  if (changed.includes('$data.init')) throw new Error(`the other folder is still there in ${file}`)
  writeFileSync(file, changed)
}
