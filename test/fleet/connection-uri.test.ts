// Connection strings, read back by WHATWG URL and by node-postgres.
import { rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import pg from 'pg'
import { expect, onTestFinished, test } from 'vitest'
import { connectionUri } from '../../src/fleet/connection-uri.ts'

const parameters = { sslmode: 'verify-full', sslrootcert: '/a b/&=#?%/ca.crt' }

test('as a literal', () => {
  expect(connectionUri({ user: 'me & you', password: 'a/b@c:d', host: 'localhost', port: 6432, database: 'shop', parameters })).toBe(
    'postgresql://me%20%26%20you:a%2Fb%40c%3Ad@localhost:6432/shop?sslmode=verify-full&sslrootcert=/a%20b/%26%3D%23%3F%25/ca.crt',
  )
})

const text = fc.string({ minLength: 1, maxLength: 20, unit: 'grapheme' })
const printable = fc.string({
  minLength: 1,
  maxLength: 40,
  unit: fc.constantFrom(...Array.from({ length: 95 }, (_, i) => String.fromCharCode(32 + i))),
})
const place = { host: 'localhost', port: 5433, database: 'shop' }

/** To a URL parser one or two dots are a way through folders, however they are encoded. */
const path = text.filter((name) => !/^\.{1,2}$/.test(name))

test('a URL parser finds every part again', () => {
  fc.assert(
    fc.property(text, printable, path, (user, password, database) => {
      const url = new URL(connectionUri({ ...place, user, password, database, parameters }))
      expect([url.username, url.password, url.pathname.slice(1)].map(decodeURIComponent)).toEqual([user, password, database])
      expect([url.hostname, url.port, Object.fromEntries(url.searchParams)]).toEqual(['localhost', '5433', parameters])
    }),
  )
})

test('so does node-postgres', () => {
  const sslrootcert = join(tmpdir(), 'pgfleet-test-uri-ca.crt')
  writeFileSync(sslrootcert, 'a certificate')
  onTestFinished(() => rmSync(sslrootcert))
  fc.assert(
    fc.property(text, printable, (user, password) => {
      const connectionString = connectionUri({ ...place, user, password, parameters: { sslmode: 'verify-full', sslrootcert } })
      const { user: readUser, password: readPassword, database, host, port, ssl } = new pg.Client({ connectionString })
      expect({ readUser, readPassword, database, host, port, ssl }).toEqual({
        ...{ readUser: user, readPassword: password, database: 'shop', host: 'localhost', port: 5433 },
        ssl: { ca: 'a certificate' },
      })
    }),
  )
})
