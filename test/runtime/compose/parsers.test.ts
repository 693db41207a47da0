// What Docker, Compose and PgBouncer print, as data. The texts are theirs, shortened.
import { describe, expect, test } from 'vitest'
import { needsRestart } from '../../../src/runtime/compose/apply/file-settings.ts'
import { difference } from '../../../src/runtime/compose/apply/outdated.ts'
import { containerOf } from '../../../src/runtime/compose/containers.ts'
import { meant, parseLogLine } from '../../../src/runtime/compose/logs.ts'
import { parseOomKills } from '../../../src/runtime/compose/oom-kills.ts'
import { startFailure } from '../../../src/runtime/compose/start.ts'
import { judge } from '../../../src/runtime/compose/status.ts'

test('a container, as docker inspect tells it', () => {
  expect(
    containerOf({
      Id: 'abc',
      Name: '/demo_postgres_orders',
      RestartCount: 2,
      HostConfig: { Memory: 1024 },
      Config: {
        Image: 'pgfleet/postgres:demo-17',
        Labels: { 'com.docker.compose.service': 'postgres-orders', 'com.docker.compose.config-hash': 'ff' },
      },
      State: {
        Status: 'running',
        OOMKilled: false,
        ExitCode: 0,
        StartedAt: '2026-01-02T03:04:05.678Z',
        FinishedAt: '0001-01-01T00:00:00Z',
        Health: {
          Status: 'unhealthy',
          Log: [
            { ExitCode: 0, Output: '' },
            { ExitCode: 1, Output: 'no answer\n' },
          ],
        },
      },
    }),
  ).toEqual({
    id: 'abc',
    name: 'demo_postgres_orders',
    composeService: 'postgres-orders',
    image: 'pgfleet/postgres:demo-17',
    state: 'running',
    health: 'unhealthy',
    complaint: 'no answer',
    since: '2026-01-02T03:04:05.678Z',
    exitCode: 0,
    restarts: 2,
    oomKilled: false,
    configHash: 'ff',
    memory: 1024,
  })
})

test.each([
  ['low 0\nhigh 0\nmax 12\noom 3\noom_kill 2\noom_group_kill 0\n', 2],
  ['oom_kill_disable 0\nunder_oom 0\noom_kill 5\n', 5],
  ['', undefined],
])('kills of the out-of-memory killer: %j', (text, kills) => {
  expect(parseOomKills(text)).toBe(kills)
})

test.each([
  ['demo_postgres_orders   | LOG:  ready | steady', { container: 'demo_postgres_orders', text: 'LOG:  ready | steady' }],
  ['\x1b[2Kdemo_ops | x', { container: 'demo_ops', text: 'x' }],
  ['\x1b[2K\x1b[2K\rdemo_ops | x', { container: 'demo_ops', text: 'x' }],
  ['demo_ops  | ', { container: 'demo_ops', text: '' }],
  ['no container', { container: '', text: 'no container' }],
])('a line of docker compose logs: %j', (line, parsed) => {
  expect(parseLogLine(line)).toEqual(parsed)
})

test('a word means a database service with server and pooler, or a single container', () => {
  const service = { environment: { PGFLEET_SERVICE: 'orders' } }
  const config = { name: 'demo', services: { 'postgres-orders': service, 'pgbouncer-orders': service, ops: {} } }
  expect(['orders', 'ops', 'pgbouncer-orders', 'order'].map((word) => meant(word, config))).toEqual([
    ['postgres-orders', 'pgbouncer-orders'],
    ['ops'],
    ['pgbouncer-orders'],
    [],
  ])
})

describe('why a container did not start', () => {
  test.each([
    [
      'Error response from daemon: driver failed programming external connectivity on endpoint demo_pgbouncer_orders (4f): Bind for 127.0.0.1:6432 failed: port is already allocated\nError: failed to start containers: demo_pgbouncer_orders\n',
      /^driver failed programming .*port is already allocated$/,
      /PGFLEET_BIND/,
    ],
    [
      'failed to create network demo_edge: Error response from daemon: Pool overlaps with other one on this address space\n',
      /Pool overlaps/,
      /PGFLEET_SUBNET_BASE/,
    ],
    [
      'Error response from daemon: invalid mount config for type "bind": bind source path does not exist: /x/secrets/services/orders/server\n',
      /bind source path does not exist/,
      /secrets init/,
    ],
    // Engine 26, and 20.10.
    [
      'Error response from daemon: invalid config for network demo_orders-database: invalid endpoint settings:\nno configured subnet or ip-range contain the IP address 10.77.0.2\n',
      /^invalid config for .*settings: no configured subnet or ip-range contain the IP address 10\.77\.0\.2$/,
      /pgfleet down/,
    ],
    [
      "Error response from daemon: Invalid address 10.77.0.2: It does not belong to any of this network's subnets\nError: failed to start containers: demo_ops\n",
      /^Invalid address 10\.77\.0\.2: It does not belong to any of this network's subnets$/,
      /pgfleet down/,
    ],
    ['', /docker gave no reason/, undefined],
  ])('%j', (stderr, message, hint) => {
    const failure = startFailure(stderr)
    expect(failure.message).toMatch(message)
    if (hint) expect(failure.hint).toMatch(hint)
    else expect(failure.hint).toBeUndefined()
  })
})

describe('certificates', () => {
  const now = new Date('2026-06-01T00:00:00Z')
  const good = { of: 'server', service: 'orders', path: 'x', keyMatches: true } as const
  test.each([
    [{ ...good, notAfter: new Date('2026-07-02T00:00:00Z') }, 31, undefined],
    [{ ...good, notAfter: new Date('2026-07-01T00:00:00Z') }, 30, undefined],
    [{ ...good, notAfter: new Date('2026-06-30T23:00:00Z') }, 29, 'it expires in 29 days'],
    [{ ...good, notAfter: new Date('2026-05-31T23:00:00Z') }, -1, 'it has expired'],
    [
      { ...good, notAfter: new Date('2027-06-01T00:00:00Z'), keyMatches: false, problem: 'the key beside it is another one' },
      undefined,
      'the key beside it is another one',
    ],
    [
      { ...good, keyMatches: false, problem: 'there is no certificate that can be read' },
      undefined,
      'there is no certificate that can be read',
    ],
    // The key of the authority may be kept elsewhere.
    [
      {
        of: 'authority',
        path: 'ca.crt',
        keyMatches: false,
        problem: 'its key is missing',
        notAfter: new Date('2036-06-01T00:00:00Z'),
      } as const,
      3653,
      undefined,
    ],
  ])('%j', (state, daysLeft, warning) => {
    const { daysLeft: days, warning: said } = judge(state, now)
    expect({ days, said }).toEqual({ days: daysLeft, said: warning })
  })
})

test.each([
  [{ context: 'postmaster', error: 'setting could not be applied', sourcefile: '/etc/pgfleet/config/postgresql.conf' }, true],
  // Taken out of the file: no name, and no place.
  [{ context: null, error: 'parameter "wal_buffers" cannot be changed without restarting the server', sourcefile: null }, true],
  [{ context: 'sighup', error: 'setting could not be applied', sourcefile: '/etc/pgfleet/config/postgresql.conf' }, false],
  [{ context: null, error: 'unrecognized configuration parameter', sourcefile: '/etc/pgfleet/config/postgresql.conf' }, false],
  [{ context: 'postmaster', error: 'syntax error', sourcefile: '/etc/pgfleet/config/postgresql.conf' }, false],
])('an error of pg_file_settings that only a restart cures: %j', (row, restart) => {
  expect(needsRestart(row)).toBe(restart)
})

test('how a container differs from the compose file', () => {
  const container = { image: 'a:1', memory: 1024 }
  expect(difference(container, { image: 'a:2', mem_limit: '1024' })).toBe('its image is a:1, and the compose file has a:2')
  expect(difference(container, { image: 'a:1', mem_limit: '2048' })).toBe('its memory limit is 1024 bytes, and the compose file has 2048')
  expect(difference(container, { image: 'a:1', mem_limit: '1024' })).toMatch(/^its definition in the compose file changed/)
})
