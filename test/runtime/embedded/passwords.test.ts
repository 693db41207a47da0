import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { openPasswords } from '../../../src/runtime/embedded/passwords.ts'

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'pgfleet-test-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

test('a password has 256 bits in printable ASCII and is no part of the secret', async () => {
  const { password, salt } = await openPasswords(folder)
  expect(password('trading', 'app')).toMatch(/^[A-Za-z0-9_-]{43}$/)
  expect(salt('trading', 'app')).toHaveLength(16)
  expect(readFileSync(join(folder, 'secret'), 'utf8')).not.toContain(password('trading', 'app'))
})

test('it stays the same from run to run, and differs by service, role and fleet', async () => {
  const first = await openPasswords(folder)
  const again = await openPasswords(folder)
  expect(again.password('trading', 'app')).toBe(first.password('trading', 'app'))
  expect(again.salt('trading', 'app')).toEqual(first.salt('trading', 'app'))
  rmSync(join(folder, 'secret'))
  const other = await openPasswords(folder)
  const all = [
    first.password('trading', 'app'),
    first.password('trading', 'admin'),
    first.password('users', 'app'),
    first.password('tradinga', 'pp'),
    other.password('trading', 'app'),
  ]
  expect(new Set(all).size).toBe(5)
})

test('a known secret gives known passwords: a change would lock everybody out of the data of earlier runs', async () => {
  writeFileSync(join(folder, 'secret'), `${Buffer.alloc(32, 7).toString('base64url')}\n`)
  const { password, salt } = await openPasswords(folder)
  expect(password('trading', 'app')).toBe('YjuSA-4vbmRA15fbCe75ldYNeBUaZ4zr51Bok6YknV4')
  expect(Buffer.from(salt('trading', 'app')).toString('hex')).toBe('eeb6562df3c20c2df032f5e344418b5e')
})

test('only its owner may read the secret, whatever the umask', async () => {
  const umask = process.umask(0)
  try {
    await openPasswords(folder)
  } finally {
    process.umask(umask)
  }
  expect(statSync(join(folder, 'secret')).mode & 0o777).toBe(0o600)
})
