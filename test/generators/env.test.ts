import { expect, test } from 'vitest'
import { env } from '../../generators/env/env.ts'
import { embeddedTarget } from '../../src/fleet/targets.ts'
import type { Service } from '../../src/fleet/types.ts'
import { readEnv } from '../readers-of-containers.ts'
import { fleetOf, smallFleet } from '../support/fleet.ts'
import { nineServices } from '../support/nine-services.ts'

const applications = (uses: string) => `applications:\n  web: { image: "registry.example/web:1", uses: [${uses}] }`

/** A connection URI as libpq reads it: https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-CONNSTRING-URIS */
function parse(text: string) {
  const { username, password, hostname, port, pathname } = new URL(text)
  return { user: decodeURIComponent(username), password, host: hostname, port, database: decodeURIComponent(pathname.slice(1)) }
}

test('an application gets the databases that it uses, through the pooler and for migrations past it', async () => {
  const [artifact, ...others] = [...env.generate(await fleetOf(nineServices))]
  expect(others).toEqual([])
  expect(artifact).toMatchObject({ path: 'env/checkout.env', kind: 'env', mode: 0o644 })
  expect(readEnv(artifact!.content)).toEqual({
    PGPASSFILE: '/run/secrets/pgfleet/pgpass',
    DATABASE_URL_ORDERS:
      'postgresql://shop_orders_service@pgbouncer-orders:5432/shop_orders?sslmode=verify-full&sslrootcert=/run/secrets/pgfleet/ca.crt',
    DATABASE_URL_ORDERS_DIRECT:
      'postgresql://shop_orders_migrator@localhost:5433/shop_orders?sslmode=verify-full&sslrootcert=secrets/ca.crt',
    DATABASE_URL_PRICE_HISTORY:
      'postgresql://shop_price_history_service@pgbouncer-price-history:5432/shop_price_history?sslmode=verify-full&sslrootcert=/run/secrets/pgfleet/ca.crt',
    DATABASE_URL_PRICE_HISTORY_DIRECT:
      'postgresql://shop_price_history_migrator@localhost:5434/shop_price_history?sslmode=verify-full&sslrootcert=secrets/ca.crt',
  })
})

test.each(['a b', 'a@b:c', 'per%20cent', "it's $HOME #1", 'q"u`o', 'ünï ☃', '?x=y&z', '=[]'])('names survive: %s', async (name) => {
  const fleet = await fleetOf(smallFleet('', applications('orders')))
  const renamed = ({ roles, ...service }: Service): Service => ({
    ...service,
    database: name,
    roles: roles.map((role) => ({ ...role, name: `${name} ${role.kind}` })),
  })
  const { DATABASE_URL_ORDERS: url = '' } = readEnv([...env.generate({ ...fleet, services: fleet.services.map(renamed) })][0]!.content)
  expect(parse(url)).toEqual({ user: `${name} app`, password: '', database: name, host: 'pgbouncer-orders', port: '5432' })
})

test('no password, no matter who asks', async () => {
  for (const url of Object.values(readEnv([...env.generate(await fleetOf(nineServices))][0]!.content)))
    if (url.startsWith('postgresql:')) expect(parse(url).password).toBe('')
})

test('an application that uses nothing has no connection string', async () => {
  const fleet = await fleetOf(smallFleet('', applications('')))
  expect(Object.keys(readEnv([...env.generate(fleet)][0]!.content))).toEqual(['PGPASSFILE'])
})

test('a target without a pooler gets none', async () => {
  const fleet = await fleetOf(smallFleet('', applications('orders')), {}, embeddedTarget({ stateDir: '/tmp/state', portOffset: 0 }))
  expect([...env.generate(fleet)]).toEqual([])
})
