import { expect, test } from 'vitest'
import { type Grant, grantsOf } from '../../src/fleet/privileges.ts'
import { dataGrants } from '../../src/fleet/row-grants.ts'
import { fleetOf, smallFleet } from '../support/fleet.ts'

const roles = 'roles:\n  analyst: { access: read-only }\n  operator: { access: admin }\n'
const serviceOf = async (more: string, top = roles) => (await fleetOf(smallFleet(more, top))).services[0]!

/** `SELECT, USAGE on sequences of shop: demo_orders_service`. */
const line = ({ privileges, on, roles }: Grant): string => {
  const what =
    'schemas' in on
      ? `${on.kind}: ${on.schemas.join(', ')}`
      : 'schema' in on
        ? `${on.kind}: ${on.schema}.${'table' in on ? on.table : on.name}`
        : on.kind
  return `${privileges.join(', ')} on ${what} to ${roles.join(', ')}`
}

test('all grants of a database', async () => {
  const all = grantsOf(await serviceOf('schemas: [shop, audit]')).map(line)
  const [largeObjects, others] = [true, false].map((which) => all.filter((text) => / pg_catalog\.lo/.test(text) === which))
  expect(others).toEqual([
    'CONNECT on database to demo_orders_migrator, demo_orders_service, monitor, backup, pgbouncer_auth, analyst, operator',
    'USAGE on schemas: extensions to demo_orders_owner, demo_orders_service, monitor, backup, analyst, operator',
    'USAGE on schemas: shop, audit to demo_orders_service, operator',
    'USAGE on schemas: shop, audit to analyst',
    'SELECT, INSERT, UPDATE, DELETE on tables: shop, audit to demo_orders_service',
    'SELECT, USAGE on sequences: shop, audit to demo_orders_service',
    'EXECUTE on routines: shop, audit to demo_orders_service',
    'SELECT on tables: shop, audit to analyst',
    'SELECT on sequences: shop, audit to analyst',
    'USAGE on schemas: pgfleet to demo_orders_owner, monitor, pgbouncer_auth, operator',
    'SELECT on tables: pgfleet to demo_orders_owner, monitor, operator',
    'EXECUTE on routine: pgfleet.apply_retention to demo_orders_owner',
    'UPDATE on table: pgfleet.retention to demo_orders_owner',
    'SELECT on table: pg_catalog.pg_authid to pgbouncer_lookup',
    'EXECUTE on routine: pgfleet.lookup to pgbouncer_auth',
  ])
  const names = ['lo_creat', 'lo_create', 'lo_from_bytea', 'lo_put', 'lo_truncate', 'lo_truncate64', 'lo_unlink', 'lowrite']
  expect(largeObjects).toEqual(names.map((name) => `EXECUTE on routine: pg_catalog.${name} to demo_orders_owner, demo_orders_service`))
})

test('nothing is granted to roles that are not there', async () => {
  const without = grantsOf(await serviceOf('', '')).map(line)
  expect(without.some((text) => /analyst|operator/.test(text))).toBe(false)
  expect(without).toContain('USAGE on schemas: public to demo_orders_service')
})

test('without a pooler nobody looks anything up', async () => {
  const service = await serviceOf('schemas: [shop]')
  const alone = { ...service, roles: service.roles.filter(({ kind }) => kind !== 'pooler') }
  expect(
    grantsOf(alone)
      .map(line)
      .filter((text) => /lookup|pg_authid/.test(text)),
  ).toEqual([])
})

test('nobody but the application writes, and nobody but it runs routines', async () => {
  const grants = dataGrants(await serviceOf('schemas: [shop]'))
  expect(
    new Set(grants.filter(({ privileges }) => /INSERT|UPDATE|DELETE|EXECUTE/.test(privileges.join())).map(({ role }) => role)),
  ).toEqual(new Set(['demo_orders_service']))
})
