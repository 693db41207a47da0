// A fleet of two small services in a folder of its own, run in Docker through the command line.
import { spawn } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { inject } from 'vitest'
import { bundle, environment as cliEnvironment, folderOf, pgfleet, type Ran } from './cli.ts'
import { accessTo } from './docker-access.ts'
import { buildImages, type Project, projectOf, remove } from './docker-project.ts'
import { fleetOf } from './fleet.ts'

export type Parts = {
  /** Lines under `orders`, and at the end of the file. */
  readonly orders?: string
  readonly top?: string
}

const services = ({ orders = '', top = '' }: Parts, ports: number): string => `version: 1
fleet: shop
host: { memory: 16GiB, cpus: 8, disk: 1TiB, storage: ssd }
services:
  orders:
    port: ${ports}
    pool: { port: ${ports + 10} }
    memory: 1GiB
    schemas: [orders]
    sql: sql/orders
${orders.replace(/^(?=.)/gm, '    ')}
  stock-keeping:
    port: ${ports + 1}
    pool: { port: ${ports + 11} }
    memory: 1GiB
${top}`

const firstSql = 'CREATE TABLE orders.items (id bigint PRIMARY KEY, name text NOT NULL);\n'

/** `prefix` and `subnetBase` must be no other test's; ports are those after `ports`. */
export function smallFleet(place: { readonly prefix: string; readonly subnetBase: string; readonly ports: number }) {
  const folder = folderOf({ 'services.yaml': services({}, place.ports), 'sql/orders/0001-items.sql': firstSql })
  const images = Object.entries(inject('docker')?.project.environment ?? {}).filter(([name]) => name.endsWith('_IMAGE'))
  const project: Project = projectOf(
    { prefix: place.prefix, bind: '127.0.0.1', subnetBase: place.subnetBase, out: join(folder, 'out'), secrets: join(folder, 'secrets') },
    // The image of ops is built from this checkout.
    { ...Object.fromEntries(images), PGFLEET_PACKAGE: resolve('.') },
  )
  const options = { in: folder, env: project.environment }
  const run = (...args: string[]): Promise<Ran> => pgfleet(args, options)
  const expectClean = async (...args: string[]) => {
    const ran = await run(...args)
    if (ran.code !== 0) throw new Error(`pgfleet ${args.join(' ')}: exit code ${ran.code}\n${ran.out}${ran.err}`)
    return ran
  }
  const declare = (parts: Parts) => writeFileSync(join(folder, 'services.yaml'), services(parts, place.ports))
  const write = (path: string, text: string) => {
    mkdirSync(join(folder, path, '..'), { recursive: true })
    writeFileSync(join(folder, path), text)
  }
  return {
    folder,
    project,
    run,
    expectClean,
    declare,
    write,
    read: (path: string) => readFileSync(join(folder, path), 'utf8'),
    /** Generates, and builds the images that the compose file names. */
    async prepare() {
      await expectClean('generate')
      await buildImages(project)
    },
    /** The command line as a process that can be interrupted. */
    start: (...args: string[]) =>
      spawn(process.execPath, [bundle, ...args], {
        cwd: folder,
        env: { ...cliEnvironment, ...project.environment },
        stdio: ['ignore', 'pipe', 'pipe'],
      }),
    /** The resolved fleet, as it is declared now. */
    async fleet() {
      const sql = { 'sql/orders/0001-items.sql': firstSql }
      return fleetOf(readFileSync(join(folder, 'services.yaml'), 'utf8'), sql)
    },
    async access() {
      return accessTo(await this.fleet(), project)
    },
    remove: () => remove(place.prefix),
  }
}
