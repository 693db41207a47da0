// The init script of a real database: run again it changes nothing, run with another services.yaml it brings the database there.
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { initScript } from '../../generators/init-sql/init-sql.ts'
import type { Service } from '../../src/fleet/types.ts'
import { catalogue } from '../support/catalogue.ts'
import { type TestDatabase, testDatabase } from '../support/database.ts'
import { smallFleet } from '../support/fleet.ts'

const yaml = smallFleet(
  `summary: Orders of customers
extensions: [pg_trgm, pg_stat_statements]
schemas: [shop, audit]
sql: sql/orders
timeseries: { shop.events: { column: at, keep: 30 days } }
retention: { audit.log: { column: at, keep: 7 days } }
jobs: { tidy: { schedule: "5 4 * * *", call: CALL shop.tidy() } }
compliance: [gdpr]`,
  'roles:\n  analyst: { access: read-only }\n  operator: { access: admin }\n',
)
const sql = {
  'sql/orders/0001-shop.sql': `
CREATE TYPE shop.state AS ENUM ('open', 'paid');
CREATE DOMAIN shop.price AS numeric CHECK (VALUE >= 0);
CREATE TABLE items (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text NOT NULL, price shop.price, state shop.state DEFAULT 'open');
CREATE INDEX ON items USING gin (name gin_trgm_ops);
CREATE TABLE shop.events (at timestamptz NOT NULL, item int REFERENCES items);
CREATE VIEW shop.named AS SELECT id, name FROM items;
CREATE FUNCTION shop.total() RETURNS numeric LANGUAGE sql AS $$ SELECT sum(price) FROM shop.items $$;
CREATE PROCEDURE shop.tidy() LANGUAGE sql AS $pgfleet$ DELETE FROM shop.events WHERE at < '2000-01-01' $pgfleet$;
INSERT INTO items (name, price) VALUES ('it''s; -- a /* pen', 1.5);
`,
  'sql/orders/0002-audit.sql': 'CREATE TABLE audit.log (at timestamptz NOT NULL, what text);\n',
}

async function snapshot(database: TestDatabase, service: Service) {
  const client = await database.connect(service)
  return catalogue(client).finally(() => client.end())
}

describe.each([15, 16, 17, 18] as const)('PostgreSQL %s', (major) => {
  let database: TestDatabase
  beforeAll(async () => {
    database = await testDatabase(major, { shared_preload_libraries: 'pg_stat_statements' })
  })
  afterAll(() => database?.close())
  afterEach(() => database.reset())
  const versioned = (text: string) => text.replace('    port:', `    postgres: ${major}\n    port:`)

  test('run twice, everything is as after the first time', async () => {
    const service = await database.resolve(versioned(yaml), sql)
    await database.apply(service)
    const before = await snapshot(database, service)
    await database.apply(service)
    expect(await snapshot(database, service)).toEqual(before)
    expect(before['rows of pgfleet.migrations']).toHaveLength(2)
    expect(before['rows of pgfleet.init']).toHaveLength(1)
    expect(before['rows of pgfleet.jobs']).toEqual(['(tidy,"5 4 * * *","CALL shop.tidy()")'])
    expect(before.extensions).toContainEqual(expect.stringContaining('(pg_trgm,postgres,extensions,'))
  })

  test('names and texts of any kind', async () => {
    const odd = (text: string) => `${text} "x' $pgfleet$ *| -- \\ é%I`
    const plain = await database.resolve(versioned(yaml), sql)
    // Groups of the server have fixed names, and so have the two roles of the pooler.
    const rename = (name: string) => (/^pg|^pooled_login$/.test(name) ? name : odd(name))
    const statement = (text: string) => ({ ...plain.migrations[0]!.statements[0]!, text })
    const service: Service = {
      ...plain,
      summary: odd('summary\n'),
      database: odd('db'),
      schemas: ['shop', odd('audit')],
      roles: plain.roles.map((role) => ({ ...role, name: rename(role.name), memberOf: role.memberOf.map(rename) })),
      jobs: [{ ...plain.jobs[0]!, call: odd('call') }],
      migrations: [
        {
          ...plain.migrations[0]!,
          name: odd('0001.sql'),
          path: odd('sql/\n0001.sql'),
          statements: [
            statement(`CREATE TABLE shop.events ("${'at'}" timestamptz, "é$pgfleet" text DEFAULT $a$$pgfleet$$a$)`),
            statement('CREATE TABLE shop.t (i int)'),
          ],
        },
      ],
      timeseries: [{ ...plain.timeseries[0]!, column: 'at' }],
      retention: [{ ...plain.retention[0]!, schema: odd('audit'), table: odd('log'), column: odd('at') }],
    }
    await database.apply(service)
    const before = await snapshot(database, service)
    await database.apply(service)
    expect(await snapshot(database, service)).toEqual(before)
    const client = await database.connect(service)
    const { rows } = await client.query('SELECT current_schemas(false)::text[] AS path, (SELECT call FROM pgfleet.jobs) AS call')
    expect(rows).toEqual([{ path: ['shop', odd('audit'), 'extensions'], call: odd('call') }])
    await client.end()
  })
})

describe('another services.yaml', () => {
  let database: TestDatabase
  beforeAll(async () => {
    database = await testDatabase(17, { shared_preload_libraries: 'pg_stat_statements' })
  })
  afterAll(() => database?.close())
  afterEach(() => database.reset())

  test('whatever was granted by hand is gone, and nothing else has changed', async () => {
    const service = await database.resolve(yaml, sql)
    await database.apply(service)
    const before = await snapshot(database, service)
    const client = await database.connect(service)
    await client.query(`
      GRANT ALL ON DATABASE demo_orders TO PUBLIC;
      GRANT CREATE, TEMPORARY ON DATABASE demo_orders TO demo_orders_service;
      GRANT ALL ON SCHEMA shop, public TO PUBLIC, analyst;
      GRANT CREATE ON SCHEMA extensions, pgfleet TO demo_orders_service;
      GRANT ALL ON ALL TABLES IN SCHEMA shop TO PUBLIC, monitor;
      GRANT SELECT (id) ON shop.items TO operator;
      GRANT SELECT ON shop.items TO analyst WITH GRANT OPTION;
      GRANT USAGE ON SEQUENCE shop.items_id_seq TO PUBLIC;
      GRANT EXECUTE ON FUNCTION shop.total() TO PUBLIC, analyst;
      GRANT USAGE ON TYPE shop.state, shop.price TO PUBLIC, monitor;
      GRANT EXECUTE ON FUNCTION pgfleet.lookup(text) TO demo_orders_service;
      GRANT SELECT ON pg_authid TO monitor;
      GRANT SET ON PARAMETER log_statement TO demo_orders_service;
      GRANT USAGE ON LANGUAGE sql TO analyst;
      ALTER DEFAULT PRIVILEGES FOR ROLE demo_orders_owner GRANT ALL ON TABLES TO PUBLIC, analyst;
      ALTER DEFAULT PRIVILEGES FOR ROLE demo_orders_owner IN SCHEMA shop GRANT ALL ON ROUTINES TO analyst;
      ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO analyst;
      GRANT demo_orders_owner TO demo_orders_service;
      GRANT pg_read_all_data TO operator WITH ADMIN OPTION;
      GRANT pg_read_all_stats TO monitor WITH ADMIN OPTION;
      CREATE ROLE stranger;
      GRANT demo_orders_owner TO stranger;
      ALTER ROLE analyst SUPERUSER CREATEDB CONNECTION LIMIT 99 PASSWORD 'clear';
      ALTER ROLE analyst SET default_transaction_read_only = off;
      ALTER ROLE monitor SET work_mem = '1GB';
      ALTER ROLE monitor IN DATABASE demo_orders SET work_mem = '1GB';
      ALTER DATABASE demo_orders SET search_path = public;
      ALTER DATABASE demo_orders OWNER TO postgres;
      ALTER SCHEMA shop OWNER TO postgres;`)
    await client.query('DROP ROLE IF EXISTS nobody_else')
    await client.end()
    expect(await snapshot(database, service)).not.toEqual(before)
    await database.apply(service)
    const after = await snapshot(database, service)
    // The language had its default list of privileges, now it has the same one written out.
    for (const part of Object.keys(before).filter((part) => part !== 'roles')) expect([part, after[part]]).toEqual([part, before[part]])
    expect(after.roles!.filter((row) => !row.startsWith('(stranger,'))).toEqual(before.roles)
  })

  test('a role that is no longer declared keeps its name and loses the rest; it comes back when it is declared again', async () => {
    const service = await database.resolve(yaml, sql)
    await database.apply(service)
    const before = await snapshot(database, service)
    const client = await database.connect(service)
    await client.query('CREATE TABLE shop.of_analyst (i int); ALTER TABLE shop.of_analyst OWNER TO analyst')

    await database.apply(await database.resolve(yaml.replace('  analyst: { access: read-only }\n', ''), sql))
    expect((await client.query(`SELECT rolcanlogin, rolpassword FROM pg_authid WHERE rolname = 'analyst'`)).rows).toEqual([
      { rolcanlogin: false, rolpassword: null },
    ])
    expect((await client.query(`SELECT kind FROM pgfleet.roles WHERE name = 'analyst'`)).rows).toEqual([{ kind: 'retired' }])
    expect((await client.query(`SELECT relowner::regrole::text AS owner FROM pg_class WHERE relname = 'of_analyst'`)).rows).toEqual([
      { owner: 'demo_orders_owner' },
    ])
    expect((await client.query(`SELECT count(*)::int FROM pg_shdepend WHERE refobjid = 'analyst'::regrole`)).rows).toEqual([{ count: 0 }])
    expect((await client.query(`SELECT count(*)::int FROM pg_db_role_setting WHERE setrole = 'analyst'::regrole`)).rows).toEqual([
      { count: 0 },
    ])

    await client.query('DROP TABLE shop.of_analyst')
    await database.apply(service)
    const { 'rows of pgfleet.init': _, ...after } = await snapshot(database, service)
    const { 'rows of pgfleet.init': __, ...expected } = before
    expect(after).toEqual(expected)
    await client.end()
  })

  test('a schema that is no longer declared stays with its rows, but nobody gets at it', async () => {
    const before = await database.resolve(yaml.replace('[shop, audit]', '[shop, audit, old]'), sql)
    await database.apply(before)
    expect(await database.ask(before, 'demo_orders_migrator', "CREATE TABLE old.log AS SELECT 'kept' AS what")).toEqual([])
    expect(await database.ask(before, 'demo_orders_service', 'SELECT * FROM old.log')).toEqual([['kept']])
    const service = await database.resolve(yaml, sql)
    await database.apply(service)
    expect(await database.ask(service, 'demo_orders_service', 'SELECT * FROM old.log')).toBe('permission denied for schema old')
    expect(await database.ask(service, 'postgres', 'SELECT * FROM old.log')).toEqual([['kept']])
    expect(await database.ask(service, 'postgres', 'SHOW search_path')).toEqual([['shop, audit, extensions']])
  })

  test('jobs, comment and read-only time limit follow', async () => {
    await database.apply(await database.resolve(yaml, sql))
    const changed = yaml
      .replace('tidy: { schedule: "5 4', 'clean: { schedule: "6 4')
      .replace('Orders of customers', 'Orders')
      .replace('read-only }', 'read-only, statement_timeout: 1 minute }')
    const service = await database.resolve(changed, sql)
    await database.apply(service)
    expect(await database.ask(service, 'postgres', 'SELECT name, schedule FROM pgfleet.jobs')).toEqual([['clean', '6 4 * * *']])
    expect(
      await database.ask(
        service,
        'postgres',
        `SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = 'demo_orders'`,
      ),
    ).toEqual([['Orders (gdpr)']])
    expect(await database.ask(service, 'analyst', 'SHOW statement_timeout')).toEqual([['1min']])
  })

  test('it refuses another database, another major and a role without the rights', async () => {
    const service = await database.resolve(yaml, sql)
    await database.apply(service)
    await expect(database.apply({ ...service, major: 16 })).rejects.toThrow('this is the script for PostgreSQL 16, run on PostgreSQL 17.')
    const { content } = initScript(service)
    const client = await database.server.connect()
    await expect(client.query(content)).rejects.toThrow('this is the script of database demo_orders, run in database postgres')
    await client.end()
    expect(await database.ask(service, 'demo_orders_migrator', content)).toBe('this script runs as superuser, not as demo_orders_owner')
  })
})
