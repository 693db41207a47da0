import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { mergedPassfile, passfiles, type ServiceLogin } from '../../../src/runtime/secrets/passfiles.ts'
import { fleetOf } from '../../support/fleet.ts'
import { twoServices } from '../../support/secrets.ts'

const login = (user: string, port = 5432): ServiceLogin => ({
  host: 'localhost',
  port,
  database: 'shop',
  user,
  service: 'orders',
  kind: 'app',
})

describe('a password file is brought up to date', () => {
  const passwordOf = (_: string, role: string) => `new-${role}`
  test.each([
    ['made', '', 'localhost:5432:shop:app:new-app\n'],
    ['corrected', 'localhost:5432:shop:app:old\n', 'localhost:5432:shop:app:new-app\n'],
    ['left as it is', 'localhost:5432:shop:app:new-app\n', 'localhost:5432:shop:app:new-app\n'],
    [
      'extended, and lines about others stay',
      '*:*:*:me:x\nlocalhost:5432:shop:app2:y',
      'localhost:5432:shop:app:new-app\n*:*:*:me:x\nlocalhost:5432:shop:app2:y\n',
    ],
  ])('%s', (_, old, expected) => {
    expect(mergedPassfile([login('app')], passwordOf, old)).toBe(expected)
  })

  const name = fc.string({ minLength: 1, maxLength: 12, unit: fc.constantFrom(':', '\\', ' ', '#', '*', 'a', 'ö', "'", '%') })
  test('twice is as once, whatever the names are, and no line is lost', () => {
    fc.assert(
      fc.property(fc.uniqueArray(name, { minLength: 1, maxLength: 5 }), fc.array(name, { maxLength: 4 }), (users, others) => {
        const old = others.map((other) => `elsewhere:1:x:${other}:y\n`).join('')
        const once = mergedPassfile(
          users.map((user) => login(user)),
          passwordOf,
          old,
        )
        expect(
          mergedPassfile(
            users.map((user) => login(user)),
            passwordOf,
            once,
          ),
        ).toBe(once)
        expect(once.endsWith(old)).toBe(true)
        expect(once.split('\n')).toHaveLength(users.length + others.length + 1)
      }),
    )
  })
})

test('an application gets the logins of the services that it uses, and no other', async () => {
  const files = passfiles(await fleetOf(twoServices()))
  const users = (path: string) => files.find((file) => file.path === path)!.logins.map(({ user, host }) => `${user}@${host}`)
  expect(users('applications/office/pgpass')).toEqual(['demo_orders_service@pgbouncer-orders'])
  expect(users('ops/pgpass')).toEqual(
    ['orders', 'price_list'].flatMap((name) =>
      [`demo_${name}_migrator`, 'monitor', 'backup'].map((user) => `${user}@postgres-${name.replace('_', '-')}`),
    ),
  )
})
