// A fleet in Docker that goes from one state of test/impact to the next, and what servers, poolers and clients notice of it.
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import type { Client } from 'pg'
import type { Fleet } from '../../src/fleet/types.ts'
import { composeProject } from '../../src/runtime/compose/project.ts'
import { superuserQueries, withConsole, withSuperuser } from '../../src/runtime/compose/sql.ts'
import type { Queryable } from '../../src/runtime/verify/verify-settings.ts'
import { base, edited, type Source, yamlOf } from '../impact/base.ts'
import type { FleetChange } from '../impact/changes.ts'
import { folderOf, pgfleet, type Ran } from './cli.ts'
import { docker, dockerLines } from './docker.ts'
import { accessTo } from './docker-access.ts'
import { buildImages, type Project, projectOf, remove } from './docker-project.ts'
import { fleetOf } from './fleet.ts'

/** Id and time of start of each container, by the name of its Compose service. */
export type Containers = ReadonlyMap<string, { readonly id: string; readonly startedAt: string }>
/** Values by name, as text. */
export type Values = ReadonlyMap<string, string>

export type Applied = {
  readonly code: number | null
  readonly services: readonly { readonly service: string; readonly failures: readonly { readonly message: string }[] }[]
  readonly restarts: readonly { readonly container: string; readonly reasons: readonly string[]; readonly command: string }[]
}

/** `images` names the base images where the real ones cannot be had. Prefix and subnet base must be no other test's. */
export function impactFleet(place: { readonly prefix: string; readonly subnetBase: string }, images: Readonly<Record<string, string>>) {
  const folder = folderOf({})
  const project: Project = projectOf(
    { ...place, bind: '127.0.0.1', out: join(folder, 'out'), secrets: join(folder, 'secrets') },
    { ...images, PGFLEET_PACKAGE: packageCopy(folder) },
  )
  let source: Source = base
  /** Folders of SQL that have been declared: what was applied cannot be taken back. */
  const sql = new Map<string, string>()
  let fleet: Fleet

  const run = (...args: string[]): Promise<Ran> => pgfleet(args, { in: folder, env: project.environment })
  const expectClean = async (...args: string[]) => {
    const ran = await run(...args)
    if (ran.code !== 0) throw new Error(`pgfleet ${args.join(' ')}: exit code ${ran.code}\n${ran.out}${ran.err}`)
  }
  const service = (key: string) => fleet.services.find((each) => each.key === key)!
  const running = () => composeProject(fleet, { out: project.out, environment: { ...process.env, ...project.environment } })

  /** Writes what is declared and what is generated from it. */
  const declare = async (next: Source, comment?: string) => {
    for (const path of Object.keys(source.files)) if (!(path in next.files)) rmSync(join(folder, path), { force: true })
    for (const [path, text] of Object.entries({ ...next.files, 'services.yaml': yamlOf(next, comment) })) {
      mkdirSync(dirname(join(folder, path)), { recursive: true })
      writeFileSync(join(folder, path), text)
    }
    source = next
    fleet = await fleetOf(yamlOf(next), next.files)
    for (const { key, sqlFolder } of fleet.services) if (sqlFolder !== undefined) sql.set(`services/${key}/sql`, sqlFolder)
    await expectClean('generate')
  }

  return {
    project,
    run,
    expectClean,
    /** Writes what another version of pgfleet would generate. */
    patch({ path, from, to }: NonNullable<FleetChange['patch']>) {
      const file = join(project.out, path)
      writeFileSync(file, readFileSync(file, 'utf8').replace(from, to))
    },
    buildImages: () => buildImages(project),
    remove: () => remove(place.prefix),
    async start() {
      await remove(place.prefix)
      await declare(base)
      await buildImages(project)
      await expectClean('secrets', 'init')
      await expectClean('up', '--runtime', 'compose')
    },
    /** Declares these changes on top of what is declared. */
    async change(changes: readonly FleetChange[]) {
      const next = changes.reduce((at, { edit }) => edited(at, edit), source)
      await declare(next, changes.map(({ edit }) => edit.comment ?? '').join(''))
      // Passwords and certificates of what is new.
      if (existsSync(project.secrets)) await expectClean('secrets', 'init')
    },
    /** Back to the base, or to what is given in place of it, whatever that takes. Applied SQL stays: it cannot be taken back. */
    async settle(given: readonly FleetChange[] = []) {
      const next = given.reduce(
        (at, { given }) => edited(at, given ?? {}),
        edited(base, { set: Object.fromEntries(sql), files: source.files }),
      )
      await declare(next)
      await expectClean('secrets', 'init')
      await this.removeLeftOver()
      // What is pending makes it fail, until all is done below.
      await run('up', '--runtime', 'compose')
      const { restarts } = await this.apply()
      for (const { container, command } of restarts) if (!command.startsWith('pgfleet up')) await docker(['restart', container])
      if (restarts.length > 0) await expectClean('up', '--runtime', 'compose')
    },
    /** Removes the containers of services that are declared no more: `up` leaves them. */
    async removeLeftOver() {
      const declared = ['ops', ...fleet.services.flatMap(({ host, pool }) => [host, pool.host])]
      const left = [...(await this.containers())].filter(([name]) => !declared.includes(name)).map(([, { id }]) => id)
      if (left.length > 0) await docker(['rm', '--force', ...left])
    },
    async apply(): Promise<Applied> {
      const { code, out, err } = await run('apply', '--json')
      if (out === '') throw new Error(err)
      return { ...JSON.parse(out), code }
    },
    async containers(): Promise<Containers> {
      const ids = await dockerLines(['ps', '--all', '--quiet', '--filter', `label=com.docker.compose.project=${place.prefix}`])
      if (ids.length === 0) return new Map()
      const format = '{{index .Config.Labels "com.docker.compose.service"}} {{.Id}} {{.State.StartedAt}}'
      const lines = await dockerLines(['inspect', '--format', format, ...ids])
      return new Map(
        lines.map((line) => {
          const [name = '', id = '', startedAt = ''] = line.split(' ')
          return [name, { id, startedAt }]
        }),
      )
    },
    /** Name of the Compose service of a container. */
    composeService: (container: string) => container.slice(place.prefix.length + 1).replaceAll('_', '-'),
    restart: (name: string) => docker(['restart', `${place.prefix}_${name.replaceAll('-', '_')}`]),
    applicationRole: (key: string) => service(key).roles.find(({ kind }) => kind === 'app')!.name,
    /** A session of the superuser that stays open. */
    session: (key: string) => superuserQueries(running(), service(key)),
    query: async (key: string, text: string) => (await withSuperuser(running(), service(key), (client) => client.query(text))).rows,
    execute: (key: string, statement: string) => withSuperuser(running(), service(key), (client) => client.query(statement)),
    settings: (key: string): Promise<Values> => withSuperuser(running(), service(key), settingsOf),
    pending: (key: string): Promise<string[]> =>
      withSuperuser(running(), service(key), async (client) => {
        const { rows } = await client.query('select name from pg_settings where pending_restart order by name')
        return (rows as { name: string }[]).map(({ name }) => name)
      }),
    /** SHOW CONFIG, and the entry of the database. */
    pooler: (key: string): Promise<Values> =>
      withConsole(running(), service(key), async (console) => {
        const keys = (await console.query('SHOW CONFIG')).rows as { key: string; value: string }[]
        const databases = (await console.query('SHOW DATABASES')).rows as Record<string, string>[]
        const entry = databases.find(({ name }) => name === service(key).database) ?? {}
        const declared = ['host', 'port', 'database', 'pool_size', 'reserve_pool_size', 'max_connections', 'pool_mode']
        return new Map([
          ...keys.map(({ key, value }) => [key, value] as const),
          ...declared.map((key) => [`database ${key}`, entry[key] ?? ''] as const),
        ])
      }),
    reloadPooler: (key: string) => withConsole(running(), service(key), (console) => console.query('RELOAD')),
    /** A client that is told of the end of its connection by its next query. */
    async connect(login: { key: string; via: 'pool' | 'direct'; role: string }): Promise<Client> {
      const client = await accessTo(fleet, project).connect(login)
      return client.on('error', () => {})
    },
  }
}

/** What the image of ops is built from, as it is now: another build of pgfleet would make its container anew. */
function packageCopy(folder: string): string {
  const copy = join(folder, 'package')
  for (const name of ['.dockerignore', 'dist', 'docker', 'package.json']) cpSync(resolve(name), join(copy, name), { recursive: true })
  return copy
}

export type ImpactFleet = ReturnType<typeof impactFleet>

/** As a session has them. */
export async function settingsOf(session: Queryable): Promise<Values> {
  const { rows } = await session.query('select name, setting from pg_settings')
  return new Map((rows as { name: string; setting: string }[]).map(({ name, setting }) => [name, setting]))
}

/** Names whose value is another one, sorted. */
export const changedBetween = (before: Values, after: Values): string[] =>
  [...after.keys()].filter((name) => before.has(name) && before.get(name) !== after.get(name)).sort()

/** Names of containers that are there before and are others afterwards, or gone. */
export const changedContainers = (before: Containers, after: Containers): string[] =>
  [...before.keys()].filter((name) => before.get(name)!.id !== after.get(name)?.id).sort()
