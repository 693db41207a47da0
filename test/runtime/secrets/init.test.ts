import { chmodSync, chownSync, existsSync, mkdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { initScript } from '../../../generators/init-sql/init-sql.ts'
import type { Fleet } from '../../../src/fleet/types.ts'
import { verifierFormat } from '../../../src/runtime/scram.ts'
import { newVerifier } from '../../../src/runtime/secrets/passwords.ts'
import { openSecretsFolder } from '../../../src/runtime/secrets/secrets-folder.ts'
import { fleetOf } from '../../support/fleet.ts'
import { emptyFolder, filesIn, makeSecrets, twoServices } from '../../support/secrets.ts'

const roles = 'roles: { analyst: { access: read-only }, boss: { access: admin, services: [orders] } }'
let fleet: Fleet
let folder: string
let remove: () => void
beforeEach(async () => {
  fleet = await fleetOf(twoServices(roles))
  const made = await emptyFolder()
  remove = made.remove
  folder = join(made.path, 'secrets')
})
afterEach(() => remove())

const at = (path: string) => join(folder, path)

const passwords = (service: string, database: string, ...more: string[]) =>
  ['analyst', 'backup', ...more, `${database}_migrator`, `${database}_service`, 'monitor'].flatMap((role) => [
    `passwords/${service}/${role}`,
    `services/${service}/server/verifiers/${role}`,
  ])
const tls = (service: string) =>
  ['server', 'pooler'].flatMap((of) => ['ca.crt', 'server.crt', 'server.key'].map((file) => `services/${service}/${of}/tls/${file}`))

describe('the first run', () => {
  test('makes exactly these files', async () => {
    const { made, kept, unused, findings } = await makeSecrets(folder, fleet)
    const expected = [
      'ca.crt',
      'ca.key',
      'pgpass',
      ...['applications/office', 'applications/shop', 'ops'].flatMap((place) => [`${place}/ca.crt`, `${place}/pgpass`]),
      ...passwords('orders', 'demo_orders', 'boss'),
      ...passwords('price-list', 'demo_price_list'),
      ...tls('orders'),
      ...tls('price-list'),
    ].sort()
    expect(Object.keys(filesIn(folder))).toEqual(expected)
    expect([...made].sort()).toEqual(expected)
    expect({ kept, unused, findings }).toEqual({ kept: 0, unused: [], findings: [] })
  })

  test('for the owner alone, whatever the umask is', async () => {
    const before = process.umask(0)
    await makeSecrets(folder, fleet).finally(() => process.umask(before))
    const mode = (path: string) => (statSync(at(path)).mode & 0o777).toString(8)
    expect(Object.keys(filesIn(folder)).map(mode)).toEqual(Object.keys(filesIn(folder)).map(() => '600'))
    expect(['', 'services', 'services/orders/server/verifiers', 'passwords/orders', 'ops'].map(mode)).toEqual(Array(5).fill('700'))
  })

  test('passwords have 256 bits and are all different, verifiers have the form that PostgreSQL knows', async () => {
    await makeSecrets(folder, fleet)
    const files = Object.entries(filesIn(folder))
    const secret = files.filter(([path]) => path.startsWith('passwords/')).map(([, text]) => text)
    expect(new Set(secret).size).toBe(11)
    for (const text of secret) expect(text).toMatch(/^[A-Za-z0-9_-]{43}$/)
    const verifiers = files.filter(([path]) => path.includes('/verifiers/')).map(([, text]) => text.trimEnd())
    expect(verifiers).toHaveLength(11)
    for (const text of verifiers) expect(text).toMatch(verifierFormat)
    expect(new Set(verifiers).size).toBe(11)
  })

  test('password files have a line for each login, under the names that clients use', async () => {
    await makeSecrets(folder, fleet)
    const files = filesIn(folder)
    const of = (service: string, role: string) => files[`passwords/${service}/${role}`]
    expect(files['applications/shop/pgpass']).toBe(
      `pgbouncer-orders:5432:demo_orders:demo_orders_service:${of('orders', 'demo_orders_service')}\n` +
        `pgbouncer-price-list:5432:demo_price_list:demo_price_list_service:${of('price-list', 'demo_price_list_service')}\n`,
    )
    expect(files['applications/office/pgpass']).toBe(
      `pgbouncer-orders:5432:demo_orders:demo_orders_service:${of('orders', 'demo_orders_service')}\n`,
    )
    const start = 'postgres-orders:5432:demo_orders:'
    expect(files['ops/pgpass']!.split('\n').filter((line) => line.startsWith(start))).toEqual(
      ['demo_orders_migrator', 'monitor', 'backup'].map((role) => `${start}${role}:${of('orders', role)}`),
    )
    expect(files['pgpass']!.split('\n').map((line) => line.replace(/:[^:]*$/, ''))).toEqual([
      'localhost:6433:demo_orders:demo_orders_service',
      'localhost:5433:demo_orders:demo_orders_migrator',
      'localhost:5433:demo_orders:analyst',
      'localhost:5433:demo_orders:boss',
      'localhost:6434:demo_price_list:demo_price_list_service',
      'localhost:5434:demo_price_list:demo_price_list_migrator',
      'localhost:5434:demo_price_list:analyst',
      '',
    ])
  })

  test('there is a verifier for each role that the init script sets a password for', async () => {
    await makeSecrets(folder, fleet)
    for (const service of fleet.services) {
      const [, list] = /FOREACH role IN ARRAY ARRAY\[([^\]]*)\]/.exec(initScript(service).content)!
      const start = `services/${service.key}/server/verifiers/`
      const names = Object.keys(filesIn(folder)).flatMap((path) => (path.startsWith(start) ? [path.slice(start.length)] : []))
      expect(
        list!
          .split(', ')
          .map((name) => name.slice(1, -1))
          .sort(),
      ).toEqual(names.sort())
    }
  })
})

describe('later runs', () => {
  test('change no byte', async () => {
    await makeSecrets(folder, fleet)
    const before = filesIn(folder)
    const { made, kept } = await makeSecrets(folder, fleet)
    expect({ made, kept }).toEqual({ made: [], kept: Object.keys(before).length })
    expect(filesIn(folder)).toEqual(before)
  })

  test('make what a new role, service or application needs, and leave the rest', async () => {
    const small = twoServices()
      .replace(/ {2}price-list.*\n/, '')
      .replace(', price-list', '')
      .replace(/ {2}office.*\n/, '')
    await makeSecrets(folder, await fleetOf(small))
    const before = filesIn(folder)
    const { made, findings, unused } = await makeSecrets(folder, fleet)
    expect({ findings, unused }).toEqual({ findings: [], unused: [] })
    const after = filesIn(folder)
    const fresh = await emptyFolder()
    await makeSecrets(fresh.path, fleet)
    expect(Object.keys(after)).toEqual(Object.keys(filesIn(fresh.path)))
    fresh.remove()
    const changed = Object.keys(before).filter((path) => before[path] !== after[path])
    expect(changed).toEqual(['applications/shop/pgpass', 'ops/pgpass', 'pgpass'])
    for (const path of changed) expect(after[path]!.split('\n')).toEqual(expect.arrayContaining(before[path]!.split('\n')))
    expect([...made].sort()).toEqual(Object.keys(after).filter((path) => before[path] !== after[path]))
  })

  test('name what the fleet has no use for any more, and leave it', async () => {
    await makeSecrets(folder, fleet)
    const before = filesIn(folder)
    const small = twoServices(roles.replace(', boss: { access: admin, services: [orders] }', ''))
      .replace(/ {2}price-list.*\n/, '')
      .replace(', price-list', '')
      .replace(/ {2}office.*\n/, '')
    const { made, unused, findings } = await makeSecrets(folder, await fleetOf(small))
    expect({ made, findings }).toEqual({ made: [], findings: [] })
    expect([...unused].sort()).toEqual([
      'applications/office',
      'passwords/orders/boss',
      'passwords/price-list',
      'services/orders/server/verifiers/boss',
      'services/price-list',
    ])
    expect(filesIn(folder)).toEqual(before)
  })

  test('keep lines of a password file that are not about the fleet, and a password that a person chose', async () => {
    await makeSecrets(folder, fleet)
    writeFileSync(at('pgpass'), `${filesIn(folder)['pgpass']}db.example:5432:*:me:my own\n`)
    writeFileSync(at('passwords/orders/analyst'), 'a b:c\\d\n')
    rmSync(at('services/orders/server/verifiers/analyst'))
    const { made, findings } = await makeSecrets(folder, fleet)
    expect({ made, findings }).toEqual({ made: ['services/orders/server/verifiers/analyst', 'pgpass'], findings: [] })
    const after = filesIn(folder)
    expect(after['passwords/orders/analyst']).toBe('a b:c\\d\n')
    expect(after['pgpass']).toContain('\nlocalhost:5433:demo_orders:analyst:a b\\:c\\\\d\n')
    expect(after['pgpass']).toMatch(/\ndb\.example:5432:\*:me:my own\n$/)
  })
})

describe('half of a pair', () => {
  const broken: [what: string, lost: string, made: string[]][] = [
    [
      'a certificate without its key',
      'services/orders/server/tls/server.key',
      ['services/orders/server/tls/server.key', 'services/orders/server/tls/server.crt'],
    ],
    [
      'a key without its certificate',
      'services/orders/pooler/tls/server.crt',
      ['services/orders/pooler/tls/server.key', 'services/orders/pooler/tls/server.crt'],
    ],
    [
      'a verifier without its password',
      'passwords/orders/monitor',
      ['passwords/orders/monitor', 'services/orders/server/verifiers/monitor', 'ops/pgpass'],
    ],
    ['a password without its verifier', 'services/orders/server/verifiers/monitor', ['services/orders/server/verifiers/monitor']],
    ['no copy of the authority', 'ops/ca.crt', ['ops/ca.crt']],
    ['no certificate of the authority', 'ca.crt', ['ca.crt']],
  ]
  test.each(broken)('%s: made anew, together with what must fit it', async (_, lost, made) => {
    await makeSecrets(folder, fleet)
    rmSync(at(lost))
    const again = await makeSecrets(folder, fleet)
    expect(again.made).toEqual(made)
    const copies = again.findings.filter(({ problem }) => problem === 'it is not what ca.crt is')
    // A new certificate of the same authority: the copies still vouch for the same key.
    expect(again.findings.filter((one) => !copies.includes(one))).toEqual([])
    expect(copies.length > 0).toBe(lost === 'ca.crt')
  })

  test('the key of the authority may be kept elsewhere, until a certificate is needed', async () => {
    await makeSecrets(folder, fleet)
    rmSync(at('ca.key'))
    expect(await makeSecrets(folder, fleet)).toMatchObject({ made: [], findings: [] })
    rmSync(at('services/orders/server/tls/server.crt'))
    await expect(makeSecrets(folder, fleet)).rejects.toMatchObject({ code: 'authority-key-missing' })
    expect(existsSync(at('services/orders/server/tls/server.key'))).toBe(true)
  })

  test.each([
    [
      'another key',
      '-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIH0nvzFl0qHJfWwDp1e5mYrFyMNlEoc1zC7XcZKIHI3N\n-----END PRIVATE KEY-----\n',
    ],
    ['no key at all', 'secret words'],
  ])('with %s for the authority nothing is issued, and the key is not shown', async (_, key) => {
    await makeSecrets(folder, fleet)
    writeFileSync(at('ca.key'), key)
    rmSync(at('services/orders/server/tls/server.crt'))
    const refusal = await makeSecrets(folder, fleet).catch((error) => error)
    expect(refusal).toMatchObject({ code: 'authority-unusable' })
    expect(`${refusal.message}${refusal.hint}`).not.toContain(key.split('\n').at(1) ?? key)
    rmSync(at('ca.crt'))
    await expect(makeSecrets(folder, fleet)).rejects.toMatchObject({ code: 'authority-unusable' })
  })
})

describe('findings', () => {
  const other = async () => (await newVerifier('another')).concat('\n')
  const cases: [what: string, breakIt: () => unknown, path: string, help: string][] = [
    ['a file that others can read', () => chmodSync(at('ca.key'), 0o644), 'ca.key', 'chmod 600 secrets/ca.key'],
    ['a folder that others can enter', () => chmodSync(at('passwords'), 0o755), 'passwords', 'chmod 700 secrets/passwords'],
    ['a file that the owner cannot read', () => chmodSync(at('pgpass'), 0), 'pgpass', 'chmod 600 secrets/pgpass'],
    [
      'a certificate of another key',
      () => writeFileSync(at('services/orders/server/tls/server.key'), filesIn(folder)['services/price-list/server/tls/server.key']!),
      'services/orders/server/tls/server.crt',
      'pgfleet secrets rotate --certificates orders',
    ],
    [
      'a pair of another service',
      () => {
        for (const file of ['server.key', 'server.crt'])
          writeFileSync(at(`services/orders/pooler/tls/${file}`), filesIn(folder)[`services/price-list/pooler/tls/${file}`]!)
      },
      'services/orders/pooler/tls/server.crt',
      'pgfleet secrets rotate --certificates orders',
    ],
    ['another authority in a copy', () => writeFileSync(at('ops/ca.crt'), 'x'), 'ops/ca.crt', 'cp secrets/ca.crt secrets/ops/ca.crt'],
    [
      'a verifier of another password',
      async () => writeFileSync(at('services/orders/server/verifiers/backup'), await other()),
      'services/orders/server/verifiers/backup',
      'pgfleet secrets rotate --passwords orders',
    ],
    [
      'a password that SASLprep would change',
      () => writeFileSync(at('passwords/orders/backup'), 'pässword'),
      'passwords/orders/backup',
      'pgfleet secrets rotate --passwords orders',
    ],
    [
      'a rotation of passwords that was cut short',
      () => mkdirSync(at('.next/orders/passwords'), { recursive: true, mode: 0o700 }),
      '.next/orders',
      'pgfleet secrets rotate --passwords orders',
    ],
    [
      'a rotation of certificates that was cut short',
      () => writeFileSync(at('services/orders/server/tls/server.key.previous'), '', { mode: 0o600 }),
      'services/orders/server/tls/server.key.previous',
      'pgfleet secrets rotate --certificates orders',
    ],
  ]
  test.each(cases)('%s', async (_, breakIt, path, help) => {
    await makeSecrets(folder, fleet)
    await breakIt()
    const { findings } = await makeSecrets(folder, fleet)
    expect(findings.map(({ path, help }) => ({ path, help }))).toEqual([{ path, help }])
  })

  test('certificates that have ended', async () => {
    await makeSecrets(folder, fleet, new Date('2020-01-01T00:00:00Z'))
    const { findings } = await makeSecrets(folder, fleet, new Date('2021-02-01T00:00:00Z'))
    expect(findings).toHaveLength(4)
    expect(findings[0]).toEqual({
      path: 'services/orders/server/tls/server.crt',
      problem: 'it ended on 2020-12-31',
      help: 'pgfleet secrets rotate --certificates orders',
    })
  })
})

test('what a killed run left in the middle of a file is removed', async () => {
  mkdirSync(at('.partial'), { recursive: true })
  writeFileSync(at('.partial/1'), 'half a password')
  await makeSecrets(folder, fleet)
  expect(existsSync(at('.partial'))).toBe(false)
})

test.runIf(process.getuid?.() === 0)('what root adds to the folder of somebody else belongs to them', async () => {
  mkdirSync(folder, { mode: 0o700 })
  chownSync(folder, 65534, 65534)
  const { findings } = await makeSecrets(folder, fleet)
  expect(findings).toEqual([])
  expect(statSync(at('services/orders/server/tls/server.key'))).toMatchObject({ uid: 65534, gid: 65534 })
  chownSync(at('pgpass'), 0, 0)
  expect((await makeSecrets(folder, fleet)).findings).toMatchObject([{ path: 'pgpass', help: 'chown 65534 secrets/pgpass' }])
})

test('a file has its old text or its new one, and the next run goes on, wherever one is cut short', async () => {
  await makeSecrets(folder, fleet)
  const secrets = await openSecretsFolder(folder, 'now')
  await expect(secrets.write('ca.key/impossible', 'x')).rejects.toThrow()
  await secrets.close()
  expect(await makeSecrets(folder, fleet)).toMatchObject({ made: [], findings: [], unused: [] })
})
