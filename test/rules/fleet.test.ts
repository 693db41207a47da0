import { describe, expect, test } from 'vitest'
import { compileText } from '../support/fleet.ts'

const head = `version: 1
fleet: shop
host: { memory: 64GiB, cpus: 8, disk: 1TiB }
`

async function found(rest: string, sql: Readonly<Record<string, string>> = {}): Promise<string[]> {
  const { diagnostics } = await compileText(head + rest, sql)
  return diagnostics.map(({ code, at, message }) => `${at.file}:${at.start.line} ${code}: ${message}`)
}

const services = (...lines: string[]) => `services:\n${lines.map((line) => `  ${line}\n`).join('')}`

describe('ports', () => {
  test('a server may not take the port that a pooler has by default', async () => {
    expect(await found(services('orders: { port: 5432, memory: 2GiB }', 'stock: { port: 6432, memory: 2GiB }'))).toEqual([
      'services.yaml:6 port-taken: port 6432 of the server of stock is already that of the pooler of orders',
    ])
  })

  test('a pooler has no port above 65535 by default', async () => {
    expect(await found(services('orders: { port: 65000, memory: 2GiB }'))).toEqual([
      'services.yaml:5 port-taken: the port of the pooler of orders would be 66000',
    ])
    expect(await found(services('orders: { port: 65000, memory: 2GiB, pool: { port: 6432 } }'))).toEqual([])
  })

  test('the next free port is one that nobody has', async () => {
    const three = [
      'a: { port: 5432, memory: 1GiB, pool: { port: 5433 } }',
      'b: { port: 5434, memory: 1GiB }',
      'c: { port: 5432, memory: 1GiB, pool: { port: 5435 } }',
    ]
    const { diagnostics } = await compileText(head + services(...three))
    expect(diagnostics.map(({ help }) => help)).toEqual(['the next free port is 5436'])
  })

  test('of three on one port, two are found, both beside the first', async () => {
    const { diagnostics } = await compileText(
      head +
        services(
          'a: { port: 5432, memory: 1GiB, pool: { port: 7000 } }',
          'b: { port: 5432, memory: 1GiB, pool: { port: 7001 } }',
          'c: { port: 5432, memory: 1GiB, pool: { port: 7002 } }',
        ),
    )
    expect(diagnostics.map(({ help }) => help)).toEqual(['the next free port is 5433', 'the next free port is 5433'])
    expect(diagnostics.map(({ at, related }) => [at.start.line, related.map((other) => other.at.start.line)])).toEqual([
      [6, [5]],
      [7, [5]],
    ])
  })
})

describe('names', () => {
  test.each([
    ['database: postgres', 'name-reserved: a database cannot be named postgres: every server has it from the start'],
    ['database: ..', 'name-reserved: a database cannot be named ..: a folder of backups cannot be named so'],
    ['database: -x', 'name-reserved: a database cannot be named -x: programs would take it for an option'],
    ['database: template1', 'name-reserved: a database cannot be named template1: every server has it from the start'],
    ['schemas: [pg_stuff]', 'name-reserved: a schema cannot be named pg_stuff: it belongs to PostgreSQL'],
    ['schemas: [information_schema]', 'name-reserved: a schema cannot be named information_schema: it belongs to PostgreSQL'],
    ['schemas: [extensions]', 'name-reserved: a schema cannot be named extensions: extensions are installed there'],
    ['app: { role: none }', 'name-reserved: a role cannot be named none: PostgreSQL keeps it for itself'],
    ['app: { role: .. }', 'name-reserved: a role cannot be named ..: a file cannot be named so'],
    ['app: { role: current_user }', 'name-reserved: a role cannot be named current_user: in SQL it means whoever is logged in'],
    ['app: { role: monitor }', 'name-taken: orders has two roles named monitor: the app role and the monitor role'],
    ['app: { role: pooled_login }', 'name-taken: orders has two roles named pooled_login: the app role and the pooled role'],
    [
      'app: { role: shop_orders_migrator }',
      'name-taken: orders has two roles named shop_orders_migrator: the app role and the migrator role',
    ],
  ])('%s', async (field, finding) => {
    expect(await found(services(`orders: { port: 5432, memory: 2GiB, ${field} }`))).toEqual([`services.yaml:5 ${finding}`])
  })

  test.each([
    [48, true],
    [54, true],
    [55, false],
  ])('a database of %d bytes leaves room for its roles: %j', async (length, fits) => {
    const findings = await found(services(`orders: { port: 5432, memory: 2GiB, app: { role: app }, database: ${'d'.repeat(length)} }`))
    expect(findings.length === 0).toBe(fits)
  })

  test('names are measured in bytes, as PostgreSQL cuts them', async () => {
    expect(await found(services(`orders: { port: 5432, memory: 2GiB, schemas: [${'ä'.repeat(31)}] }`))).toEqual([])
    expect(await found(services(`orders: { port: 5432, memory: 2GiB, schemas: [${'ä'.repeat(32)}] }`))).toEqual([
      `services.yaml:5 name-too-long: the name of the schema ${'ä'.repeat(32)} has 64 bytes, a name has at most 63`,
    ])
  })

  test('a role of the fleet and the application role of a service are one only where both exist', async () => {
    const orders = 'orders: { port: 5432, memory: 2GiB, app: { role: reports } }'
    const stock = 'stock: { port: 5433, memory: 2GiB }'
    const role = (where: string) => `roles:\n  reports: { access: read-only, services: ${where} }\n`
    expect(await found(services(orders, stock) + role('[stock]'))).toEqual([])
    expect(await found(services(orders, stock) + role('all'))).toEqual([
      'services.yaml:5 name-taken: orders has two roles named reports: the app role and the read-only role',
    ])
  })
})

describe('retention', () => {
  const backups = (text: string) => found(`${services('orders: { port: 5432, memory: 2GiB }')}backup: { ${text} }\n`)

  test.each([
    ['daily: { keep: 12 hours }', ['daily backups are kept for 12 hours: each is deleted before the next one is taken']],
    ['weekly: { keep: 6 days }', ['weekly backups are kept for 6 days: each is deleted before the next one is taken']],
    ['monthly: { keep: 2 months }', ['monthly backups are kept for 2 months, weekly ones for 12 weeks']],
    ['daily: { keep: 1 day }, weekly: { keep: 1 week }, monthly: { keep: 28 days }', []],
  ])('%s', async (text, messages) => {
    expect(await backups(text)).toEqual(messages.map((message) => `services.yaml:6 retention-order: ${message}`))
  })

  const table = (text: string) =>
    found(
      services(
        `prices: { port: 5432, memory: 2GiB, extensions: [timescaledb], schemas: [m], timeseries: { m.t: { column: at, ${text} } } }`,
      ),
    )

  test.each([
    ['chunk: 1 month, keep: 4 weeks', ['retention-order']],
    ['chunk: 4 weeks, keep: 4 weeks', []],
    ['keep: 30 days, compress_after: 30 days', ['retention-order', 'timescaledb-edition']],
  ])('of a table: %s', async (text, codes) => {
    expect((await table(text)).map((line) => line.split(' ')[1]?.replace(':', ''))).toEqual(codes)
  })

  test('rows of a table without timeseries.keep may have one', async () => {
    const line = (keep: string) =>
      `prices: { port: 5432, memory: 2GiB, schemas: [m], timeseries: { m.t: { column: at${keep} } }, retention: { m.t: { column: seen, keep: 1 year } } }`
    expect(await found(services(line('')))).toEqual([])
    expect(await found(services(line(', keep: 1 year')))).toHaveLength(1)
  })
})

describe('SQL', () => {
  const one = services('orders: { port: 5432, memory: 2GiB, sql: sql/orders }')
  const select = 'SELECT 1;\n'

  test.each([
    [['0001-a.sql', '0002-b.sql', '0003-c.sql'], []],
    [['0000-a.sql'], ['0000-a.sql has the number of the file before it']],
    [['0002-a.sql'], ['0002-a.sql follows no file: 0001 is missing']],
    [['0001-a.sql', '0003-b.sql', '0004-c.sql'], ['0003-b.sql follows 0001: 0002 is missing']],
    [['0001-a.sql', '1-b.sql'], ['1-b.sql is not named NNNN-name.sql']],
    [['0001_a.sql'], ['0001_a.sql is not named NNNN-name.sql']],
    [['0001-a.sql', '0002-b c.sql', '0003-d.sql'], ['0002-b c.sql is not named NNNN-name.sql']],
  ])('%j', async (names, messages) => {
    const files = Object.fromEntries(names.map((name) => [`sql/orders/${name}`, select]))
    const findings = await found(one, files)
    expect(findings.map((text) => text.replace(/^.*?sql-numbering: /, ''))).toEqual(messages)
  })

  test.each([
    ['1-add index (2).sql', '0001-add-index-2.sql'],
    ['0001-VIEWS.SQL', '0001-VIEWS.sql'],
    ['20250101_views.sql', '0001-views.sql'],
    ['0001-\x1b[31mred.sql', '0001-31mred.sql'],
    ['.sql', '0001-name.sql'],
  ])('%j: a name that is one', async (name, better) => {
    const { diagnostics } = await compileText(head + one, { [`sql/orders/${name}`]: select })
    expect(diagnostics.map(({ help }) => help)).toEqual([`name it ${better}`])
  })

  test('is parsed by the parser of the major version of its service', async () => {
    const files = { 'sql/orders/0001-a.sql': 'CREATE TABLE t (a int, b int GENERATED ALWAYS AS (a * 2) VIRTUAL);\n' }
    const of = (major: number) => found(services(`orders: { port: 5432, postgres: ${major}, memory: 2GiB, sql: sql/orders }`), files)
    expect(await of(18)).toEqual([])
    expect(await of(17)).toEqual([
      'sql/orders/0001-a.sql:1 sql-syntax: PostgreSQL 17 cannot parse 0001-a.sql: syntax error at or near "VIRTUAL"',
    ])
  })
})

describe('schemas', () => {
  test('a table in a schema that is not declared is found once for each use', async () => {
    expect(
      await found(
        services(
          'orders: { port: 5432, memory: 2GiB, retention: { public.a: { column: at, keep: 1 day } }, timeseries: { x.b: { column: at } } }',
        ),
      ),
    ).toEqual([
      'services.yaml:5 schema-undeclared: orders has no schema public for the table a',
      'services.yaml:5 schema-undeclared: orders has no schema x for the table b',
    ])
  })
})
