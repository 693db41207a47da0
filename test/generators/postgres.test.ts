import { expect, test } from 'vitest'
import { postgres } from '../../generators/postgres/postgres.ts'
import { header } from '../../src/artifact.ts'
import { embeddedTarget } from '../../src/fleet/targets.ts'
import type { Fleet, Service } from '../../src/fleet/types.ts'
import { readConf, readHba } from '../readers.ts'
import { fleetOf, smallFleet } from '../support/fleet.ts'
import { nineServices } from '../support/nine-services.ts'

const fileOf = (fleet: Fleet, key: string, name: string): string =>
  [...postgres.generate(fleet)].find(({ path }) => path === `infrastructure/postgres/${key}/${name}`)?.content ?? ''

/** The small fleet with a change to its service. */
async function fleetWith(change: Partial<Service>, fleet?: Fleet): Promise<Fleet> {
  const whole = fleet ?? (await fleetOf(smallFleet()))
  return { ...whole, services: whole.services.map((service) => ({ ...service, ...change })) }
}

/** Rules of pg_hba.conf as their fields; names without their quotes, keywords in capitals. */
const rulesOf = (text: string): string[] =>
  readHba(text).map((tokens) => tokens.map(({ text, quoted }, index) => (quoted || index === 0 ? text : text.toUpperCase())).join(' '))

test('three files for each service, each with the header', async () => {
  const files = [...postgres.generate(await fleetOf(nineServices))]
  expect(files).toHaveLength(27)
  for (const { content, mode } of files) {
    expect(content.startsWith(`# ${header}\n`)).toBe(true)
    expect(mode).toBe(0o644)
  }
})

test('every setting stands in postgresql.conf once, with its reason, in the order of the fleet and under its heading', async () => {
  const fleet = await fleetOf(nineServices)
  for (const service of fleet.services) {
    const text = fileOf(fleet, service.key, 'postgresql.conf')
    const found = [...readConf(text)].map(([name, { value, comment }]) => [name, value, comment])
    const grouped = [...new Set(service.settings.map(({ group }) => group))].flatMap((heading) =>
      service.settings.filter(({ group }) => group === heading),
    )
    expect(found).toEqual(grouped.map(({ name, value, why }) => [name, value, why]))
    const headings = [...text.matchAll(/^\n?# (.+)\n(?=\w)/gm)].map(([, heading]) => heading)
    expect(headings).toEqual([...new Set(service.settings.map(({ group }) => group))])
  }
})

test('comments of a heading stand in one column', async () => {
  const setting = { why: 'because', source: 'tuned', group: 'Memory' } as const
  const fleet = await fleetWith({
    settings: [
      { name: 'work_mem', value: '4MB', ...setting },
      { name: 'shared_buffers', value: '1.5', ...setting },
    ],
  })
  expect(fileOf(fleet, 'orders', 'postgresql.conf').split('\n').slice(3, 6)).toEqual([
    '# Memory',
    "work_mem = '4MB'      # because",
    'shared_buffers = 1.5  # because',
  ])
})

test('no text of a user becomes a setting', async () => {
  const fleet = await fleetWith({
    summary: 'Orders\nfsync = off',
    settings: [
      {
        name: 'application_name',
        value: "a'\nfsync = off # \\",
        why: 'why\nfsync = off',
        source: 'declared',
        group: 'Declared\nfsync = off',
      },
    ],
  })
  expect([...readConf(fileOf(fleet, 'orders', 'postgresql.conf'))]).toEqual([
    ['application_name', { value: "a'\nfsync = off # \\", comment: 'why fsync = off' }],
  ])
})

const person = `roles:
  analyst: { access: read-only }
  operator: { access: admin }
`

test('containers: exact roles from exact addresses, everything else rejected', async () => {
  const fleet = await fleetOf(smallFleet('', person))
  expect(rulesOf(fileOf(fleet, 'orders', 'pg_hba.conf'))).toEqual([
    'local ALL postgres PEER',
    'local ALL ALL REJECT',
    'hostssl demo_orders pgbouncer_auth 10.77.39.35/32 CERT MAP=POOLER',
    'hostssl demo_orders demo_orders_service 10.77.39.35/32 SCRAM-SHA-256 CLIENTCERT=VERIFY-CA',
    'hostssl demo_orders demo_orders_migrator 10.77.39.36/32 SCRAM-SHA-256',
    'hostssl demo_orders monitor 10.77.39.36/32 SCRAM-SHA-256',
    'hostssl demo_orders backup 10.77.39.36/32 SCRAM-SHA-256',
    'hostssl demo_orders demo_orders_migrator 10.77.128.1/32 SCRAM-SHA-256',
    'hostssl demo_orders analyst 10.77.128.1/32 SCRAM-SHA-256',
    'hostssl demo_orders operator 10.77.128.1/32 SCRAM-SHA-256',
    'host ALL ALL ALL REJECT',
  ])
  expect(rulesOf(fileOf(fleet, 'orders', 'pg_ident.conf'))).toEqual(['pooler pgbouncer-orders pgbouncer_auth'])
})

test('the base of the addresses stands in front of each, where the entrypoint of the container can replace it', async () => {
  const fleet = await fleetOf(smallFleet('', 'network: { base: "10.200" }\n'))
  const addresses = fileOf(fleet, 'orders', 'pg_hba.conf').match(/\d+\.\d+\.\d+\.\d+\/\d+/g)
  expect(new Set(addresses)).toEqual(new Set(['10.200.39.35/32', '10.200.39.36/32', '10.200.128.1/32']))
})

test('embedded: passwords over loopback, the superuser over the socket', async () => {
  const fleet = await fleetOf(smallFleet('', person), {}, embeddedTarget({ stateDir: '/state', portOffset: 0 }))
  const rules = rulesOf(fileOf(fleet, 'orders', 'pg_hba.conf'))
  const people = ['demo_orders_migrator', 'demo_orders_service', 'monitor', 'backup', 'analyst', 'operator']
  expect(rules).toEqual([
    'local ALL postgres TRUST',
    ...people.flatMap((name) => [
      `local demo_orders ${name} SCRAM-SHA-256`,
      `host demo_orders ${name} 127.0.0.1/32 SCRAM-SHA-256`,
      `host demo_orders ${name} ::1/128 SCRAM-SHA-256`,
    ]),
    'local ALL ALL REJECT',
    'host ALL ALL ALL REJECT',
  ])
})

test('embedded behind a pooler: the application comes over the socket, and the pooler is known by its operating system user', async () => {
  const pooler = { program: '/usr/sbin/pgbouncer', version: '1.24.1', catalogued: '1.24', osUser: 'an admin' }
  const fleet = await fleetOf(smallFleet(), {}, embeddedTarget({ stateDir: '/state', portOffset: 0, pooler }))
  expect(rulesOf(fileOf(fleet, 'orders', 'pg_hba.conf')).slice(0, 5)).toEqual([
    'local ALL postgres TRUST',
    'local demo_orders pgbouncer_auth PEER MAP=POOLER',
    'local demo_orders demo_orders_service SCRAM-SHA-256',
    'local demo_orders demo_orders_migrator SCRAM-SHA-256',
    'host demo_orders demo_orders_migrator 127.0.0.1/32 SCRAM-SHA-256',
  ])
  const rules = rulesOf(fileOf(fleet, 'orders', 'pg_hba.conf'))
  expect(rules.filter((rule) => /^host .*(service|pgbouncer_auth)/.test(rule))).toEqual([])
  expect(rules.slice(-2)).toEqual(['local ALL ALL REJECT', 'host ALL ALL ALL REJECT'])
  expect(readHba(fileOf(fleet, 'orders', 'pg_ident.conf'))).toEqual([
    [
      { text: 'pooler', quoted: false },
      { text: 'an admin', quoted: true },
      { text: 'pgbouncer_auth', quoted: true },
    ],
  ])
})

test('names that mean something in pg_hba.conf are names there', async () => {
  const fleet = await fleetOf(smallFleet())
  const roles = fleet.services[0]!.roles.map((role) => (role.kind === 'app' ? { ...role, name: 'all' } : role))
  const hostile = await fleetWith({ database: 'a", b # c', roles, pool: { ...fleet.services[0]!.pool, host: '+x' } }, fleet)
  const rule = readHba(fileOf(hostile, 'orders', 'pg_hba.conf'))[3]!
  expect(rule.slice(0, 3)).toEqual([
    { text: 'hostssl', quoted: false },
    { text: 'a", b # c', quoted: true },
    { text: 'all', quoted: true },
  ])
  expect(readHba(fileOf(hostile, 'orders', 'pg_ident.conf'))[0]![1]).toEqual({ text: '+x', quoted: true })
})
