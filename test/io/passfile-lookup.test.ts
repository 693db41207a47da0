import fc from 'fast-check'
import { expect, test } from 'vitest'
import { passfileText } from '../../src/io/passfile.ts'
import { passwordFor } from '../../src/io/passfile-lookup.ts'

const login = { host: 'postgres-orders', port: 5432, database: 'orders', user: 'backup' }

test.each([
  // https://www.postgresql.org/docs/current/libpq-pgpass.html
  ['postgres-orders:5432:orders:backup:secret', 'secret'],
  ['*:*:*:*:secret', 'secret'],
  ['postgres-orders:5432:orders:other:no\npostgres-orders:5432:*:backup:yes\n*:*:*:*:late', 'yes'],
  ['# a comment\n\npostgres-orders:5432:orders:backup:a\\:b\\\\c', 'a:b\\c'],
  ['postgres-orders:5432:orders:backup:with: colons', 'with: colons'],
  ['postgres-orders:5432:orders:backup:windows\r\n', 'windows'],
  ['postgres-order:5432:orders:backup:no', undefined],
  ['postgres-orders:5433:orders:backup:no', undefined],
  ['#*:*:*:*:no', undefined],
  ['postgres-orders:5432:orders', undefined],
  ['', undefined],
])('%j has %j', (text, password) => {
  expect(passwordFor(text, login)).toBe(password)
})

test('what is written is found', () => {
  const word = fc.string({ unit: 'binary', minLength: 1 }).filter((text) => !/[\0\r\n]/.test(text) && text !== '*')
  fc.assert(
    fc.property(word, word, word, word, (host, database, user, password) => {
      const mine = { host, port: 5432, database, user }
      fc.pre(!host.startsWith('#'))
      expect(
        passwordFor(
          passfileText([
            { ...mine, database: `${database}x`, password: 'other' },
            { ...mine, password },
          ]),
          mine,
        ),
      ).toBe(password)
    }),
  )
})
