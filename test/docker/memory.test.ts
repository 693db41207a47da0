// The memory proof against real servers: as many clients as a pool has connections, each with as many full sorts or hashes as the proof
// counts. The kernel says whether it was too much.
import { freemem } from 'node:os'
import type { Client } from 'pg'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { memoryInUse, oomKills, type SmallFleet, smallFleet, start } from '../support/docker-faults.ts'
import { connect, containerOf, describeDocker, project } from '../support/docker-fleet.ts'
import { states } from '../support/docker-project.ts'

const kiB = 2 ** 10
const MiB = 2 ** 20
const GiB = 2 ** 30

type Load = {
  readonly fleet: Pick<SmallFleet, 'connect' | 'containerOf'>
  readonly key: string
  readonly role: string
  /** The pool's size, and operations_per_connection. */
  readonly clients: number
  readonly operations: number
  /** Memory of a hash: hash_mem_multiplier times work_mem. */
  readonly bytes: number
  /** What a client says first. */
  readonly first?: string
}

type Outcome = { readonly kills: number; readonly refused: readonly string[]; readonly bytes: number }

/** What comes of all operations being in memory at the same time: kills by the kernel, what clients were told, bytes in use. */
async function underLoad({ fleet, key, role, clients, operations, bytes, first = 'SELECT 1' }: Load): Promise<Outcome> {
  const container = fleet.containerOf('postgres', key)
  const before = await oomKills(container)
  const connections: Client[] = []
  const refused: string[] = []
  const work = async () => {
    const client = await fleet.connect({ key, via: 'pool', role })
    connections.push(client.on('error', () => {}))
    await client.query('BEGIN')
    await client.query(first)
    for (let n = 0; n < operations; n++) {
      await client.query(`DECLARE held${n} NO SCROLL CURSOR FOR ${fullHash(bytes)}`)
      // The first row comes when the hash is complete, and it stays in memory until the cursor is closed.
      await client.query(`FETCH 1 FROM held${n}`)
    }
  }
  try {
    const done = await Promise.allSettled(Array.from({ length: clients }, work))
    for (const each of done) if (each.status === 'rejected') refused.push(each.reason.message)
    return { bytes: await memoryInUse(container), kills: (await oomKills(container)) - before, refused }
  } finally {
    await Promise.all(connections.map((client) => client.end()))
  }
}

/** A hash of nearly so many bytes: each entry takes 1 kB, and the table of the entries a little. */
const fullHash = (bytes: number): string =>
  `SELECT held FROM (SELECT md5(g::text) || repeat('x', 920) AS held FROM (SELECT generate_series(1, ${Math.floor((bytes * 0.9) / 1024)}) AS g) s) s GROUP BY held`

describeDocker('the most loaded service', () => {
  const roomy = freemem() > 6 * GiB
  test.skipIf(!roomy)('stays below its limit with a full hash in each connection of the pool (needs 6 GiB)', async () => {
    const role = 'treum_market_data_service'
    const load = { fleet: { connect, containerOf }, key: 'market-data', role, clients: 100, operations: 1, bytes: 32 * MiB }
    const { kills, refused, bytes } = await underLoad(load)
    expect({ kills, refused }).toEqual({ kills: 0, refused: [] })
    // Three quarters of what was asked for was really in memory at once: 100 connections x 16MB work_mem x 2 hash_mem_multiplier.
    expect(bytes).toBeGreaterThan(0.75 * 3200 * MiB)
    // The proof counts 5 MiB more for each, beside the buffers; the limit is 10 GiB.
    expect(bytes).toBeLessThan((1024 + 16 + 100 * (32 + 5)) * MiB)
  })
})

/** As tight as the compiler lets it be: with a tenth more work_mem the proof fails. */
const services = `version: 1
fleet: memory
host: { memory: 4GiB, cpus: 2, disk: 10GiB, storage: ssd }
services:
  orders:
    port: 5432
    memory: 512MiB
    cpus: 2
    pool: { port: 6432, size: 10, reserve: 0 }
    app: { role: orders_app }
    assumptions: { operations_per_connection: 2 }
    settings: { shared_buffers: 64MB, work_mem: 2250kB }
`

describeDocker('a small server at the limit of its proof', () => {
  let small: SmallFleet
  let load: Load

  beforeAll(async () => {
    small = await smallFleet(project, { name: 'memory', services, containers: ['postgres-orders', 'pgbouncer-orders'] })
    await start(small.project, 'pgbouncer-orders')
    // Buffers count once something was in them. CREATE TABLE AS writes through a few of them only.
    await small.superuserRun(
      'orders',
      "CREATE TABLE filler (text text); INSERT INTO filler SELECT repeat('x', 1000) FROM generate_series(1, 75000)",
    )
    load = { fleet: small, key: 'orders', role: 'orders_app', clients: 10, operations: 2, bytes: 4500 * kiB }
  })
  afterAll(() => small?.remove())

  test('stays below its limit with two full hashes in each connection of the pool', async () => {
    const { kills, refused, bytes } = await underLoad(load)
    expect({ kills, refused }).toEqual({ kills: 0, refused: [] })
    expect(bytes).toBeGreaterThan(64 * MiB + 0.75 * 10 * 2 * 4500 * kiB)
    // What the proof counts for this: shared_buffers, wal_buffers, and 10 connections of 2 x 2250kB x 2 with 5 MiB each.
    expect(bytes).toBeLessThan((64 + 2 + 10 * (2 * 4.4 + 5)) * MiB)
  })

  test('is killed where clients take more than the proof counts; clients are told, and the server recovers by itself', async () => {
    const { kills, refused } = await underLoad({ ...load, bytes: 64 * MiB, first: "SET LOCAL work_mem = '32MB'" })
    expect(kills).toBeGreaterThan(0)
    expect(refused).toContain('server conn crashed?')
    const client = await vi.waitFor(() => small.connect({ key: 'orders', via: 'pool', role: 'orders_app' }), { timeout: 30_000 })
    expect((await client.query('SHOW work_mem')).rows).toEqual([{ work_mem: '2250kB' }])
    await client.end()
    // The kernel takes a backend, not the first process: the container runs on, and the engine has not noticed.
    // While the server recovered, a few of its health checks failed.
    const state = async () => (await states(small.project.prefix))[small.containerOf('postgres', 'orders')]
    await expect.poll(state, { timeout: 30_000 }).toEqual({ health: 'healthy', restarts: 0 })
  })
})
