// What the first user asked for, word for word, against what this repository is: services.yaml, and the files made from it.
// Literals are copied from that text by hand; where it leaves a gap, the comment says which pattern is continued.
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import type { Config } from '../schema/services.ts'

const root = new URL('../', import.meta.url)
const read = (path: string): string => readFileSync(new URL(path, root), 'utf8')
const config: Config = parse(read('services.yaml'))

/** The text names pool ports up to 6434, eight pool sizes, and two roles (`treum_user_service` is singular): the rest goes on like these. */
const databases = [
  { key: 'users', database: 'treum_users', port: 5432, pool: 6432, size: 20, role: 'treum_user_service' },
  { key: 'trading', database: 'treum_trading', port: 5433, pool: 6433, size: 50, role: 'treum_trading_service' },
  { key: 'market-data', database: 'treum_market_data', port: 5434, pool: 6434, size: 100, role: 'treum_market_data_service' },
  { key: 'signals', database: 'treum_signals', port: 5435, pool: 6435, size: 30, role: 'treum_signal_service' },
  { key: 'payments', database: 'treum_payments', port: 5436, pool: 6436, size: 25, role: 'treum_payment_service' },
  { key: 'notifications', database: 'treum_notifications', port: 5437, pool: 6437, size: 40, role: 'treum_notification_service' },
  { key: 'risk', database: 'treum_risk', port: 5438, pool: 6438, size: 35, role: 'treum_risk_service' },
  { key: 'education', database: 'treum_education', port: 5439, pool: 6439, size: 25, role: 'treum_education_service' },
  {
    key: 'content-intelligence',
    database: 'treum_content_intelligence',
    port: 5440,
    pool: 6440,
    size: 25,
    role: 'treum_content_intelligence_service',
  },
]

/** "Audit schema", "Analytics schema" and so on: those that the text names. */
const schemas: [service: string, named: string[]][] = [
  ['users', ['audit']],
  ['trading', ['analytics', 'compliance']],
  ['market-data', ['realtime', 'historical']],
  ['signals', ['backtesting']],
  ['payments', ['billing', 'compliance']],
  ['notifications', ['templates', 'delivery']],
  ['risk', ['metrics', 'alerts']],
  ['education', ['content', 'progress']],
  ['content-intelligence', ['generation', 'compliance']],
]

/** The blocks of ALTER SYSTEM. YAML 1.2 has no boolean `on`: it is text. */
const alterSystem: [service: string, settings: Record<string, string | number>][] = [
  ['trading', { synchronous_commit: 'off', wal_buffers: '16MB', checkpoint_completion_target: 0.9 }],
  ['market-data', { shared_buffers: '1GB', work_mem: '16MB', effective_cache_size: '4GB' }],
  ['payments', { synchronous_commit: 'on', fsync: 'on', full_page_writes: 'on' }],
]

/** The variables that the text shows, and the seven that it leaves to "etc.". */
const urls: Record<string, string> = {
  DATABASE_URL_USERS: 'postgresql://treum_user_service@pgbouncer-users:5432/treum_users',
  DATABASE_URL_TRADING: 'postgresql://treum_trading_service@pgbouncer-trading:5432/treum_trading',
  DATABASE_URL_MARKET_DATA: 'postgresql://treum_market_data_service@pgbouncer-market-data:5432/treum_market_data',
  DATABASE_URL_SIGNALS: 'postgresql://treum_signal_service@pgbouncer-signals:5432/treum_signals',
  DATABASE_URL_PAYMENTS: 'postgresql://treum_payment_service@pgbouncer-payments:5432/treum_payments',
  DATABASE_URL_NOTIFICATIONS: 'postgresql://treum_notification_service@pgbouncer-notifications:5432/treum_notifications',
  DATABASE_URL_RISK: 'postgresql://treum_risk_service@pgbouncer-risk:5432/treum_risk',
  DATABASE_URL_EDUCATION: 'postgresql://treum_education_service@pgbouncer-education:5432/treum_education',
  DATABASE_URL_CONTENT_INTELLIGENCE:
    'postgresql://treum_content_intelligence_service@pgbouncer-content-intelligence:5432/treum_content_intelligence',
}

/** The four applications that the text starts, and one for each other database, with the way into the databases they use. */
const applications: [name: string, variables: string[]][] = [
  ['api-gateway', ['DATABASE_URL_USERS']],
  ['user-management', ['DATABASE_URL_USERS']],
  ['trading', ['DATABASE_URL_TRADING', 'DATABASE_URL_MARKET_DATA']],
  ['market-data', ['DATABASE_URL_MARKET_DATA']],
  ['signals', ['DATABASE_URL_MARKET_DATA', 'DATABASE_URL_SIGNALS']],
  ['payments', ['DATABASE_URL_PAYMENTS']],
  ['notifications', ['DATABASE_URL_NOTIFICATIONS']],
  ['risk', ['DATABASE_URL_TRADING', 'DATABASE_URL_MARKET_DATA', 'DATABASE_URL_RISK']],
  ['education', ['DATABASE_URL_EDUCATION']],
  ['content-intelligence', ['DATABASE_URL_CONTENT_INTELLIGENCE']],
]

describe('services.yaml', () => {
  test('has nine databases', () => expect(Object.keys(config.services)).toEqual(databases.map(({ key }) => key)))

  test.each(databases)('$key: database, ports, pool and role', ({ key, database, port, pool, size, role }) => {
    expect(config.services[key]).toMatchObject({ database, port, pool: { port: pool, mode: 'transaction', size }, app: { role } })
  })

  test.each(schemas)('%s: schemas %j', (service, named) => expect(config.services[service]?.schemas).toEqual(expect.arrayContaining(named)))

  test('settings of three databases, and of no other', () => {
    const declared = Object.entries(config.services).flatMap(([key, { settings }]) => (settings ? [[key, settings]] : []))
    expect(declared).toEqual(alterSystem)
  })

  test('TimescaleDB for trading and market data', () => {
    const having = Object.keys(config.services).filter((key) => config.services[key]?.extensions?.includes('timescaledb'))
    expect(having).toEqual(['trading', 'market-data'])
  })

  test('slow queries are found and operations audited in every database', () => {
    for (const { extensions } of Object.values(config.services))
      expect(extensions).toEqual(expect.arrayContaining(['pg_stat_statements', 'pgaudit']))
  })

  test('a read-only analytics user and an administrative one, everywhere', () => {
    expect(config.roles).toEqual({ analytics: { access: 'read-only', services: 'all' }, admin: { access: 'admin', services: 'all' } })
  })

  test('regulations', () => {
    expect(config.services.payments?.compliance).toEqual(expect.arrayContaining(['pci-dss', 'aml']))
    expect(config.services.users?.compliance).toContain('gdpr')
    expect(config.services.trading?.compliance).toContain('mifid')
  })

  test('how long backups are kept', () => {
    expect(config.backup).toMatchObject({ daily: { keep: '30 days' }, weekly: { keep: '12 weeks' }, monthly: { keep: '12 months' } })
  })

  test('applications', () => expect(Object.keys(config.applications ?? {})).toEqual(applications.map(([name]) => name)))
})

describe('docker-compose.separated-databases.yml', () => {
  type Container = { container_name?: string; ports?: unknown[]; networks?: string[] | object; healthcheck?: object }
  const services = (): Record<string, Container> =>
    parse(withDefaults(read('out/docker-compose.separated-databases.yml')), { merge: true }).services

  test.each(databases)('$key: a server on $port and a pooler on $pool, both on this machine only', ({ key, port, pool }) => {
    expect(services()[`postgres-${key}`]?.ports).toEqual([`127.0.0.1:${port}:5432`])
    expect(services()[`pgbouncer-${key}`]?.ports).toEqual([`127.0.0.1:${pool}:5432`])
    expect(services()[`postgres-${key}`]?.healthcheck).toBeDefined()
  })

  test('containers are called treum_pgbouncer_trading and so on', () => {
    expect(services()['pgbouncer-trading']?.container_name).toBe('treum_pgbouncer_trading')
    expect(services()['pgbouncer-market-data']?.container_name).toBe('treum_pgbouncer_market_data')
  })

  test('up -d api-gateway user-management trading market-data', () => {
    expect(services()).toMatchObject({ 'api-gateway': {}, 'user-management': {}, trading: {}, 'market-data': {} })
  })

  test('no application shares a network with a server', () => {
    const containers = services()
    const networks = (name: string) => {
      const attached = containers[name]?.networks ?? []
      return Array.isArray(attached) ? attached : Object.keys(attached)
    }
    const ofServers = databases.flatMap(({ key }) => networks(`postgres-${key}`))
    expect(ofServers).not.toEqual([])
    for (const [name] of applications) expect(networks(name).filter((network) => ofServers.includes(network))).toEqual([])
  })
})

describe('infrastructure', () => {
  const postgres = 'out/infrastructure/postgres'
  const pgbouncer = 'out/infrastructure/pgbouncer'

  test.each(alterSystem)('%s/postgresql.conf has %j', (service, settings) => {
    const texts = Object.fromEntries(Object.entries(settings).map(([name, value]) => [name, String(value)]))
    expect(valuesOf(read(`${postgres}/${service}/postgresql.conf`))).toMatchObject(texts)
  })

  test.each(databases)('$key: passwords are SCRAM-SHA-256, and nothing crosses a network in the clear', ({ key }) => {
    expect(valuesOf(read(`${postgres}/${key}/postgresql.conf`))).toMatchObject({ password_encryption: 'scram-sha-256', ssl: 'on' })
    const rules = linesOf(read(`${postgres}/${key}/pg_hba.conf`)).map((line) => line.split(/\s+/))
    const open = rules.filter(([type, , , , method]) => type !== 'local' && type !== 'hostssl' && method !== 'reject')
    expect(rules).not.toEqual([])
    expect(open).toEqual([])
    expect(valuesOf(poolerOf(key))).toMatchObject({ client_tls_sslmode: 'require', auth_type: 'scram-sha-256' })
  })

  test.each(databases)('$key: $size pooled connections, one transaction at a time', ({ key, size }) => {
    expect(poolerOf(key)).toMatch(new RegExp(`^(?:default_pool_size = |.* pool_size=)${size}\\b`, 'm'))
    expect(valuesOf(poolerOf(key)).pool_mode).toBe('transaction')
  })

  test.each(databases)('$key: its init SQL makes role, schemas and extensions', ({ key, role }) => {
    const script = read(`${postgres}/${key}-db-init.sql`)
    const named = schemas.find(([service]) => service === key)?.[1] ?? []
    for (const name of [role, ...named]) expect(script).toContain(`"${name}"`)
    expect(script.includes("'timescaledb'")).toBe(['trading', 'market-data'].includes(key))
  })

  /** A pooler's own file, and the part that all share. */
  const poolerOf = (key: string) => read(`${postgres}/connection-pools.conf`) + read(`${pgbouncer}/${key}/pgbouncer.ini`)
})

test.each(applications)('%s.env has %j and no other way in', (name, variables) => {
  const values = Object.entries(valuesOf(read(`out/env/${name}.env`)))
  const pooled = values.filter(([variable]) => variable.startsWith('DATABASE_URL_') && !variable.endsWith('_DIRECT'))
  // What follows the question mark is about encryption.
  expect(pooled.map(([variable, url]) => [variable, url.replace(/\?.*/, '')])).toEqual(
    variables.map((variable) => [variable, urls[variable]]),
  )
})

test('the crontab keeps daily backups for 30 days, weekly for 12 weeks, monthly for 12 months', () => {
  const lines = linesOf(read('out/infrastructure/schedule/pgfleet.cron'))
  for (const wanted of [
    `backup run daily --keep '30 days'`,
    `backup run weekly --keep '12 weeks'`,
    `backup run monthly --keep '12 months'`,
  ])
    expect(lines.filter((line) => line.includes(wanted))).toHaveLength(1)
})

/** `${NAME:-value}` is `value` where nobody sets NAME. */
function withDefaults(text: string): string {
  const replaced = text.replace(/\$\{\w+:-([^${}]*)\}/g, '$1')
  return replaced === text ? text : withDefaults(replaced)
}

/** Lines that say something. */
const linesOf = (text: string): string[] => text.split('\n').filter((line) => line.trim() !== '' && !/^\s*[#;]/.test(line))

/** Values by name of a file with `name = value` lines: quotes and comments behind the value are taken off. */
const valuesOf = (text: string): Record<string, string> =>
  Object.fromEntries(
    [...text.matchAll(/^(\w+) ?= ?(?:'([^']*)'|"([^"]*)"|([^\s#]*)).*$/gm)].map(([, name, ...values]) => [
      name,
      values.find((value) => value !== undefined),
    ]),
  )
