// `up`, `status`, `logs` and `down` on containers, as a user has them, on a small fleet of its own.

import { once } from 'node:events'
import { createServer } from 'node:net'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { installCli } from '../support/cli.ts'
import { docker, dockerLines } from '../support/docker.ts'
import { containersOf } from '../support/docker-project.ts'
import { smallFleet } from '../support/docker-small-fleet.ts'

const compose = ['--runtime', 'compose']
const prefix = 'pgfleettestcli'

describe.skipIf(!inject('docker'))('the command line on containers', () => {
  installCli()
  const fleet = smallFleet({ prefix, subnetBase: '10.81', ports: 25_430 })
  const { run, expectClean } = fleet
  const json = async (...args: string[]) => JSON.parse((await run(...args, '--json')).out)
  const ids = async () =>
    (await dockerLines(['ps', '--all', '--quiet', '--no-trunc', '--filter', `label=com.docker.compose.project=${prefix}`])).sort()
  const all = ['ops', 'pgbouncer_orders', 'pgbouncer_stock_keeping', 'postgres_orders', 'postgres_stock_keeping'].map(
    (name) => `${prefix}_${name}`,
  )
  const volumes = () => dockerLines(['volume', 'ls', '--quiet', '--filter', `label=com.docker.compose.project=${prefix}`])

  beforeAll(async () => {
    await fleet.remove()
    await fleet.prepare()
  })
  afterAll(() => fleet.remove())

  test('up without secrets says which are missing, and what makes them', async () => {
    const { code, err } = await run('up', ...compose)
    expect(code).toBe(3)
    expect(err).toMatch(
      /there is no folder .*secrets; of the secrets, \d+ are missing: ca\.crt, services\/orders\/server\/tls\/ca\.crt.* \[secrets-missing\]/,
    )
    expect(err).toContain('`pgfleet secrets init`')
    await expectClean('secrets', 'init')
    expect(await containersOf(prefix)).toEqual([])
  })

  test('up refuses an output that is stale', async () => {
    fleet.declare({ orders: 'settings: { work_mem: 5MB }' })
    const { code, out, err } = await run('up', ...compose)
    expect({ code, out }).toEqual({ code: 1, out: '' })
    expect(err).toContain('run `pgfleet generate`')
    expect(await containersOf(prefix)).toEqual([])
    fleet.declare({})
  })

  test.each([
    [['up', ...compose, '--fresh'], '--fresh is for --runtime embedded'],
    [['up', '--out', 'out'], '--out is for --runtime compose'],
    [['down', ...compose, '--state', 'x'], '--state is for --runtime embedded'],
    [['down', '--volumes'], '--volumes is for --runtime compose'],
  ])('%j: the option is the other runtime’s', async (args, message) => {
    const { code, err } = await run(...args)
    expect({ code, err }).toEqual({ code: 2, err: `error: ${message}\n` })
  })

  test('up starts the fleet, says how each container comes along, checks it and leaves it running', async () => {
    const { code, out, err } = await run('up', ...compose)
    expect({ code, err }).toMatchObject({ code: 0 })
    for (const container of all) expect(err).toMatch(new RegExp(`^${container}: starts\n(.*\n)*${container}: healthy$`, 'm'))
    expect(out).toMatch(
      /^SERVICE +DATABASE +PORT +POOL PORT +STATE +SETTINGS VERIFIED\norders +shop_orders +25430 +25440 +healthy +(\d+)\/\1\n/m,
    )
    expect(out).toContain(
      'psql "host=localhost port=25440 dbname=shop_orders user=shop_orders_service sslmode=verify-full sslrootcert=secrets/ca.crt"',
    )
    expect(await containersOf(prefix)).toEqual(expect.arrayContaining(all))
  })

  test('what is shown to connect with works, with the password of the secrets folder', async () => {
    const { connect } = await fleet.access()
    const client = await connect({ key: 'orders', via: 'pool', role: 'shop_orders_service' })
    expect((await client.query('SELECT count(*)::int AS items FROM orders.items')).rows).toEqual([{ items: 0 }])
    await client.end()
  })

  test('up again changes nothing, and so does Compose by hand', async () => {
    const before = await ids()
    const result = await json('up', ...compose)
    expect(result).toMatchObject({ healthy: true, project: prefix, failures: [], strangers: [] })
    await docker(['compose', '--file', `${fleet.project.out}/docker-compose.separated-databases.yml`, 'up', '--detach', '--no-build'], {
      env: fleet.project.environment,
    })
    expect(await ids()).toEqual(before)
  })

  test('status: all is well', async () => {
    const { code, out } = await run('status', ...compose, '--json')
    const status = JSON.parse(out)
    expect({ code, well: status.well }).toEqual({ code: 0, well: true })
    expect(
      status.containers.map(({ container, state, health, oomKills }: Record<string, unknown>) => ({ container, state, health, oomKills })),
    ).toEqual(all.map((container) => ({ container, state: 'running', health: 'healthy', oomKills: 0 })))
    expect(status.certificates).toHaveLength(5)
    expect(status.tasks).not.toEqual([])
    const shown = await run('status', ...compose)
    expect(shown.out).toMatch(new RegExp(`^${prefix}_postgres_orders +running +healthy +\\d+ (s|min)`, 'm'))
    expect(shown.out).toMatch(/^certificates: 5, the first expires on \d{4}-\d\d-\d\d$/m)
  })

  test('logs of one service are those of its server and its pooler, each line with the container', async () => {
    const { code, out } = await run('logs', 'orders', '--tail', '3')
    expect(code).toBe(0)
    const containers = new Set(
      out
        .trimEnd()
        .split('\n')
        .map((line) => line.split(' ')[0]),
    )
    expect([...containers].sort()).toEqual([`${prefix}_pgbouncer_orders`, `${prefix}_postgres_orders`])
    expect(out).toMatch(new RegExp(`^${prefix}_postgres_orders +\\| .* UTC \\[`, 'm'))
    // biome-ignore lint/suspicious/noControlCharactersInRegex: no escape sequence gets through
    expect(out).not.toMatch(/\x1b/)
    expect(await run('logs', 'order')).toEqual({ code: 2, out: '', err: 'error: there is no service order; did you mean orders?\n' })
  })

  test('a container that ended is seen by status, and started by up', async () => {
    const pooler = `${prefix}_pgbouncer_orders`
    await docker(['stop', pooler])
    const { code, out } = await run('status', ...compose)
    expect(code).toBe(1)
    expect(out).toMatch(new RegExp(`^${pooler} +exited`, 'm'))
    await expectClean('up', ...compose)
    await expectClean('status', ...compose)
  })

  test('down keeps the data; up finds it again', async () => {
    const { superuserRun, superuserQuery } = await fleet.access()
    await superuserRun('orders', "INSERT INTO orders.items VALUES (1, 'kept')")
    await expectClean('down', ...compose)
    expect(await containersOf(prefix)).toEqual([])
    expect(await volumes()).toContain(`${prefix}_orders-data`)
    const { err } = await expectClean('down', ...compose)
    expect(err).toBe(`nothing runs as project ${prefix}\n`)
    await expectClean('up', ...compose)
    expect(await superuserQuery('orders', 'SELECT name FROM orders.items')).toEqual([{ name: 'kept' }])
  })

  test('down and logs work while services.yaml is broken', async () => {
    fleet.write('services.yaml', 'services: [')
    expect((await run('logs', 'orders', '--tail', '1')).code).toBe(0)
    expect((await run('down', ...compose)).code).toBe(0)
    expect(await containersOf(prefix)).toEqual([])
    fleet.declare({})
  })

  test('a port that is taken: its container fails with a reason, the others come up', async () => {
    const taken = createServer().listen(25_440, '127.0.0.1')
    await once(taken, 'listening')
    try {
      const { code, out } = await run('up', ...compose)
      expect(code).toBe(3)
      expect(out).toMatch(new RegExp(`^failed ${prefix}_pgbouncer_orders: .*25440.*(already allocated|already in use)`, 'm'))
      expect(out).toContain('PGFLEET_BIND=127.0.0.2')
      expect(out).toMatch(/^orders .* failed /m)
      expect(out).toMatch(/^stock-keeping .* healthy /m)
    } finally {
      taken.close()
    }
    await expectClean('up', ...compose)
  })

  test('a server that cannot start: its last log lines are shown, its pooler is not started, the other service comes up', async () => {
    await expectClean('down', ...compose)
    const key = fleet.read('secrets/services/orders/server/tls/server.key')
    fleet.write('secrets/services/orders/server/tls/server.key', fleet.read('secrets/services/stock-keeping/server/tls/server.key'))
    const { code, out } = await run('up', ...compose)
    fleet.write('secrets/services/orders/server/tls/server.key', key)
    expect(code).toBe(3)
    expect(out).toMatch(
      new RegExp(`^failed ${prefix}_postgres_orders: it (does not stay up|ended|is unhealthy).*\n(  .*\n)*  .*key values mismatch`, 'm'),
    )
    expect(out).toMatch(new RegExp(`^failed ${prefix}_pgbouncer_orders: not started: it needs ${prefix}_postgres_orders$`, 'm'))
    expect(out).toMatch(/^stock-keeping .* healthy /m)
    await expectClean('up', ...compose)
  })

  test('Ctrl-C while it waits: says that containers go on, and how to stop them', async () => {
    await expectClean('down', ...compose)
    const child = fleet.start('up', ...compose)
    let err = ''
    child.stderr.on('data', (text) => {
      err += text
      if (!child.killed && err.includes(`${prefix}_postgres_orders: starts`)) child.kill('SIGINT')
    })
    const [code] = await once(child, 'close')
    expect(code).toBe(3)
    expect(err).toContain('Interrupted: containers that were started go on.')
    expect(err).toContain('`pgfleet down --runtime compose` stops all')
    expect(await containersOf(prefix)).toContain(`${prefix}_postgres_orders`)
    await expectClean('up', ...compose)
  })

  test('data is deleted only when that is confirmed', async () => {
    const { code, err } = await run('down', ...compose, '--volumes')
    expect(code).toBe(2)
    expect(err).toContain(`deletes the volumes backups, ops-state, orders-data, stock-keeping-data of project ${prefix}; say --yes as well`)
    expect(await containersOf(prefix)).toEqual(expect.arrayContaining(all))
    await expectClean('down', ...compose, '--volumes', '--yes')
    expect([await containersOf(prefix), await volumes()]).toEqual([[], []])
  })
})
