// `pgfleet apply` on a small fleet of its own, under another subnet base than the declared one, so that pg_hba.conf is moved.
import { chmodSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { allGenerators } from '../../generators/index.ts'
import type { Artifact } from '../../src/artifact.ts'
import { generate } from '../../src/compile.ts'
import { reloadPooler } from '../../src/runtime/compose/apply/reload-pooler.ts'
import { reloadServer } from '../../src/runtime/compose/apply/reload-server.ts'
import { composeProject } from '../../src/runtime/compose/project.ts'
import { withSuperuser } from '../../src/runtime/compose/sql.ts'
import { installCli } from '../support/cli.ts'
import { docker, dockerLines } from '../support/docker.ts'
import { smallFleet } from '../support/docker-small-fleet.ts'

const prefix = 'pgfleettestapply'
const server = `${prefix}_postgres_orders`
const pooler = `${prefix}_pgbouncer_orders`

describe.skipIf(!inject('docker'))('apply', () => {
  installCli()
  const fleet = smallFleet({ prefix, subnetBase: '10.82', ports: 25_450 })
  const { run, expectClean, declare, write } = fleet
  const apply = async () => {
    const { code, out } = await run('apply', '--json')
    return { code, ...JSON.parse(out) } as {
      code: number
      services: {
        service: string
        migrations: string[]
        changed: Record<string, string[]>
        failures: { part: string; code: string; message: string }[]
      }[]
      restarts: { container: string; reasons: string[]; command: string }[]
    }
  }
  const startTimes = async () => dockerLines(['inspect', '--format', '{{.Name}} {{.State.StartedAt}}', ...(await names())])
  const names = () => dockerLines(['ps', '--all', '--format', '{{.Names}}', '--filter', `label=com.docker.compose.project=${prefix}`])
  const one = async (service: string, query: string) => {
    const rows = await (await fleet.access()).superuserQuery(service, query)
    return Object.values(rows[0] ?? {})[0]
  }
  /** Everything that the catalogue holds, as text. */
  const catalogue = async (service: string, database: string) => {
    const dump = (...args: string[]) => docker(['exec', '--user', '999', `${prefix}_postgres_${service}`, ...args])
    const text = [
      await dump('pg_dumpall', '--username', 'postgres', '--globals-only'),
      await dump('pg_dump', '--username', 'postgres', database),
    ]
    // A random word in each.
    return text.join('\n').replace(/^\\(un)?restrict .*$/gm, '')
  }
  /** The fleet as it is declared, for calling the runtime itself. */
  const opened = async () => {
    const resolved = await fleet.fleet()
    const project = composeProject(resolved, { out: fleet.project.out, environment: { ...process.env, ...fleet.project.environment } })
    const service = resolved.services.find(({ key }) => key === 'orders')!
    return { fleet: resolved, project, service, artifacts: new Map(generate(resolved, allGenerators).map((each) => [each.path, each])) }
  }

  beforeAll(async () => {
    await fleet.remove()
    await fleet.prepare()
    await expectClean('secrets', 'init')
    await expectClean('up', '--runtime', 'compose')
  })
  afterAll(() => fleet.remove())

  test('on a fleet that is as declared nothing is left to do, and the catalogue stays what it was, byte for byte', async () => {
    const before = [await catalogue('orders', 'shop_orders'), await catalogue('stock_keeping', 'shop_stock_keeping')]
    const [first, second] = [await apply(), await apply()]
    for (const result of [first, second]) {
      expect(result).toMatchObject({ code: 0, restarts: [] })
      expect(result.services.flatMap(({ failures, migrations }) => [...failures, ...migrations])).toEqual([])
    }
    expect([await catalogue('orders', 'shop_orders'), await catalogue('stock_keeping', 'shop_stock_keeping')]).toEqual(before)
    expect(before[0]).toContain('CREATE TABLE orders.items')
  })

  test('what somebody changed by hand is put back, so the comparison would have seen it', async () => {
    const { superuserRun } = await fleet.access()
    const before = await catalogue('orders', 'shop_orders')
    await superuserRun('orders', 'GRANT TRUNCATE ON orders.items TO shop_orders_service')
    expect(await catalogue('orders', 'shop_orders')).not.toBe(before)
    expect(await apply()).toMatchObject({ code: 0 })
    expect(await catalogue('orders', 'shop_orders')).toBe(before)
  })

  test('a new migration reaches the running fleet', async () => {
    const started = await startTimes()
    write('sql/orders/0002-price.sql', 'ALTER TABLE orders.items ADD COLUMN price numeric;\n')
    await expectClean('generate')
    const { code, services } = await apply()
    expect(code).toBe(0)
    expect(services.map(({ service, migrations }) => ({ service, migrations }))).toEqual([
      { service: 'orders', migrations: ['0002-price.sql'] },
      { service: 'stock-keeping', migrations: [] },
    ])
    expect(await one('orders', "SELECT count(*)::int FROM information_schema.columns WHERE table_name = 'items'")).toBe(3)
    expect(await startTimes()).toEqual(started)
  })

  test.each([
    ['ALTER TABLE orders.items\n  ADD COLUMN\n  other nosuchtype;\n', 'sql/orders/0003-bad.sql:3', 'type "nosuchtype" does not exist'],
    [
      '-- a comment\n\nINSERT INTO orders.items (id, name)\n  VALUES (1, NULL);\n',
      'sql/orders/0003-bad.sql:3',
      'null value in column "name"',
    ],
  ])('an error is told by its place in the hand-written file; the other service is done: %j', async (sql, place, message) => {
    write('sql/orders/0003-bad.sql', sql)
    await expectClean('generate')
    const { code, services } = await apply()
    expect(code).toBe(3)
    expect(services[0]!.failures).toHaveLength(1)
    expect(services[0]!.failures[0]).toMatchObject({ part: 'sql', code: 'apply-sql' })
    expect(services[0]!.failures[0]!.message).toContain(message)
    expect(services[0]!.failures[0]!.message).toContain(`(${place}, by way of orders-db-init.sql:`)
    expect(services[1]!.failures).toEqual([])
  })

  test('an applied migration that was edited is refused with its name and both hashes', async () => {
    rmSync(join(fleet.folder, 'sql/orders/0003-bad.sql'))
    write('sql/orders/0002-price.sql', 'ALTER TABLE orders.items ADD COLUMN price bigint;\n')
    await expectClean('generate')
    const { code, services } = await apply()
    expect(code).toBe(3)
    expect(services[0]!.failures[0]!.message).toMatch(
      /sql\/orders\/0002-price\.sql was edited after it had been applied: its SHA-256 was [0-9a-f]{64} and is [0-9a-f]{64}/,
    )
    write('sql/orders/0002-price.sql', 'ALTER TABLE orders.items ADD COLUMN price numeric;\n')
    await expectClean('generate')
  })

  test('settings: what a reload changes is changed, what needs a restart is named with both values and the command that does it', async () => {
    declare({ orders: 'settings: { work_mem: 5MB, wal_buffers: 8MB }' })
    await expectClean('generate')
    const { code, services, restarts } = await apply()
    expect(code).toBe(1)
    expect(services[0]).toMatchObject({ failures: [], changed: { server: ['work_mem'], pooler: [] } })
    expect(restarts).toEqual([
      {
        container: server,
        reasons: [expect.stringMatching(/^wal_buffers is \d+(kB|MB), and its file says 8MB$/)],
        command: `docker restart ${server}`,
      },
    ])
    expect(await one('orders', 'SELECT current_setting($$work_mem$$)')).toBe('5MB')
    const text = await run('apply')
    expect(text.out).toMatch(new RegExp(`^restart ${server}: run \`docker restart ${server}\`\n  wal_buffers is`, 'm'))
    await docker(['restart', server])
    await expectClean('up', '--runtime', 'compose')
    expect(await apply()).toMatchObject({ code: 0, restarts: [] })
    declare({})
    await expectClean('generate')
  })

  test('a container whose definition changed is named, with what changed; the command makes it right', async () => {
    declare({ orders: 'cpus: 3' })
    await expectClean('generate')
    const changed = (await apply()).restarts.find(({ container }) => container === server)
    expect(changed).toEqual({
      container: server,
      reasons: expect.arrayContaining(['its definition in the compose file changed (ports, networks, limits, variables or mounts)']),
      command: 'pgfleet up --runtime compose',
    })
    await run('up', '--runtime', 'compose')
    expect(await apply()).toMatchObject({ code: 0, restarts: [] })
    declare({})
    await expectClean('generate')
    await run('up', '--runtime', 'compose')
    await expectClean('apply')
  })

  test('a new role logs in without a restart, under the moved addresses; a removed one does not', async () => {
    const started = await startTimes()
    declare({ top: 'roles:\n  reader: { access: read-only, services: [orders] }\n' })
    await expectClean('generate')
    const without = await run('apply')
    expect(without.code).toBe(3)
    expect(without.err).toContain('[secrets-missing]')
    await expectClean('secrets', 'init')
    // Its connections want room, which takes a restart; the role is there all the same.
    const { code, services, restarts } = await apply()
    expect(code).toBe(1)
    expect(services.flatMap(({ failures }) => failures)).toEqual([])
    expect(restarts).toEqual([
      { container: server, reasons: [expect.stringMatching(/^max_connections is /)], command: `docker restart ${server}` },
    ])
    const login = { key: 'orders', via: 'direct', role: 'reader' } as const
    const { connect } = await fleet.access()
    const client = await connect(login)
    expect((await client.query('SELECT count(*)::int AS items FROM orders.items')).rows).toEqual([{ items: 0 }])
    await client.end()
    expect(
      await one('orders', "SELECT count(*)::int FROM pg_hba_file_rules WHERE 'reader' = ANY (user_name) AND address LIKE '10.82.%'"),
    ).toBe(1)
    declare({})
    await expectClean('generate')
    await expectClean('apply')
    await expect(connect(login)).rejects.toThrow(/pg_hba.conf rejects connection|no pg_hba.conf entry|not permitted to log in/)
    expect(await startTimes()).toEqual(started)
  })

  test('a file with a mistake: the server is not told, and says where it is; what ran before runs on', async () => {
    const path = 'out/infrastructure/postgres/orders/postgresql.conf'
    const before = fleet.read(path)
    const { fleet: resolved, project, service } = await opened()
    const reload = () => withSuperuser(project, service, (client) => reloadServer(resolved, project, service, client))
    write(path, `${before}\nwork_mem = 9MB\nno_such_setting = 1\n`)
    await expect(reload()).rejects.toThrow(
      /\/etc\/pgfleet\/config\/postgresql\.conf:\d+: unrecognized configuration parameter \(no_such_setting\)/,
    )
    expect(await one('orders', 'SELECT current_setting($$work_mem$$)')).not.toBe('9MB')
    write(path, `${before}\nwork_mem = 9MB\n`)
    expect(await reload()).toMatchObject({ reloaded: true, changed: ['work_mem'], pending: [] })
    write(path, before)
    const hba = 'out/infrastructure/postgres/orders/pg_hba.conf'
    const rules = fleet.read(hba)
    write(hba, `${rules}\nhost all all nowhere\n`)
    await expect(reload()).rejects.toThrow(/pg_hba\.conf:\d+: /)
    write(hba, rules)
    await expectClean('apply')
  })

  test('a pooler that cannot read its files is found out, though RELOAD says nothing; with the file it takes the new size', async () => {
    const ini = join(fleet.folder, 'out/infrastructure/pgbouncer/orders/pgbouncer.ini')
    chmodSync(ini, 0o000)
    const { fleet: fleetNow, project: projectNow, service: orders, artifacts: files } = await opened()
    const path = 'infrastructure/pgbouncer/orders/pgbouncer.ini'
    const changed = withText(files, path, (text) => text.replace(/max_client_conn = \d+/, 'max_client_conn = 321'))
    await expect(reloadPooler(fleetNow, projectNow, orders, changed)).rejects.toThrow(/max_client_conn is \d+, and its file says 321/)
    chmodSync(ini, 0o644)
    write('out/infrastructure/pgbouncer/orders/pgbouncer.ini', changed.get(path)!.content)
    expect(await reloadPooler(fleetNow, projectNow, orders, changed)).toEqual({ changed: ['max_client_conn'], pending: [] })
    write('out/infrastructure/pgbouncer/orders/pgbouncer.ini', files.get(path)!.content)
    await expectClean('apply')
  })

  test('a key that a pooler reads at its start only is told as such', async () => {
    const { fleet: resolved, project, service, artifacts } = await opened()
    const changed = withText(artifacts, 'infrastructure/postgres/connection-pools.conf', (text) =>
      text.replace('listen_backlog = 1024', 'listen_backlog = 2048'),
    )
    expect(await reloadPooler(resolved, project, service, changed)).toEqual({
      changed: [],
      pending: [{ name: 'listen_backlog', running: '1024', file: '2048' }],
    })
  })

  test('a container that does not run: its service fails with what to do, the other is done', async () => {
    await docker(['stop', pooler, server])
    const { code, services } = await apply()
    expect(code).toBe(3)
    expect(services[0]!.failures.map(({ part, code }) => ({ part, code }))).toEqual([
      { part: 'server', code: 'container-unreachable' },
      { part: 'pooler', code: 'container-unreachable' },
    ])
    expect(services[1]!.failures).toEqual([])
    await expectClean('up', '--runtime', 'compose')
    await expectClean('apply')
  })
})

/** Artifacts of which one has another content. */
function withText(artifacts: ReadonlyMap<string, Artifact>, path: string, change: (text: string) => string): Map<string, Artifact> {
  const artifact = artifacts.get(path)!
  return new Map([...artifacts, [path, { ...artifact, content: change(artifact.content) }]])
}
