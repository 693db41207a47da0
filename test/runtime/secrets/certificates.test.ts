// What is issued, in the eyes of OpenSSL.
import { execFileSync, spawnSync } from 'node:child_process'
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Fleet } from '../../../src/fleet/types.ts'
import { readCertificates } from '../../../src/runtime/secrets/certificates.ts'
import { fleetOf } from '../../support/fleet.ts'
import { emptyFolder, filesIn, makeSecrets, twoServices } from '../../support/secrets.ts'

const now = new Date('2026-03-04T05:06:07.890Z')
let folder: string
let remove: () => void
let fleet: Fleet
beforeAll(async () => {
  fleet = await fleetOf(twoServices())
  const made = await emptyFolder()
  folder = made.path
  remove = made.remove
  await makeSecrets(folder, fleet, now)
})
afterAll(() => remove())

const openssl = (...args: string[]) => execFileSync('openssl', args, { cwd: folder, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })
const at = (seconds: Date) => String(Math.floor(seconds.getTime() / 1000))
/** Empty, or why a verifier refuses the certificate. */
const verify = (file: string, ...options: string[]) => {
  const args = ['verify', '-x509_strict', '-CAfile', 'ca.crt', '-attime', at(now), ...options, file]
  const { status, stderr } = spawnSync('openssl', args, { cwd: folder, encoding: 'utf8' })
  return status === 0 ? '' : stderr
}
const server = 'services/orders/server/tls/server.crt'
const pooler = 'services/orders/pooler/tls/server.crt'

describe('openssl verify', () => {
  test.each([
    [server, 'sslserver', ['postgres-orders', 'localhost'], true],
    [server, 'sslserver', ['pgbouncer-orders'], false],
    [server, 'sslserver', ['postgres-price-list'], false],
    [server, 'sslclient', ['postgres-orders'], false],
    [pooler, 'sslserver', ['pgbouncer-orders', 'localhost'], true],
    [pooler, 'sslclient', ['pgbouncer-orders'], true],
    [pooler, 'sslserver', ['postgres-orders'], false],
  ] as const)('%s as %s for %j: %j', (file, purpose, hosts, good) => {
    for (const host of hosts) expect(verify(file, '-purpose', purpose, '-verify_hostname', host) === '').toBe(good)
  })

  test.each([
    ['five minutes before it was made', -5 * 60, true],
    ['six minutes before', -6 * 60, false],
    ['after 364 days', 364 * 86_400, true],
    ['after 366 days', 366 * 86_400, false],
  ])('%s', (_, seconds, good) => {
    expect(verify(server, '-attime', at(new Date(now.getTime() + seconds * 1000))) === '').toBe(good)
  })

  test('the authority ends after ten years, and may issue certificates of no other authority', () => {
    expect(openssl('x509', '-in', 'ca.crt', '-noout', '-enddate')).toBe('notAfter=Mar  1 05:06:07 2036 GMT\n')
    const text = openssl('x509', '-in', 'ca.crt', '-noout', '-ext', 'basicConstraints,keyUsage,subjectKeyIdentifier')
    expect(text).toMatch(/Basic Constraints: critical\s+CA:TRUE, pathlen:0\n/)
    expect(text).toMatch(/Key Usage: critical\s+Certificate Sign, CRL Sign\n/)
    expect(text).toMatch(/Subject Key Identifier/)
  })

  test('a certificate of another authority is refused', async () => {
    const other = await emptyFolder()
    await makeSecrets(other.path, fleet, now)
    expect(verify(join(other.path, server))).toMatch(/unable to get local issuer certificate|certificate signature failure/)
    other.remove()
  })
})

test('each certificate has a key on P-256 of its own, and a serial number of 16 bytes', () => {
  const files = Object.keys(filesIn(folder)).filter((path) => path.endsWith('/server.crt'))
  expect(files).toHaveLength(4)
  const fromCertificate = files.map((path) => openssl('x509', '-in', path, '-noout', '-pubkey'))
  const fromKey = files.map((path) => openssl('pkey', '-in', path.replace('.crt', '.key'), '-pubout'))
  expect(fromCertificate).toEqual(fromKey)
  expect(new Set(fromKey).size).toBe(4)
  expect(openssl('pkey', '-in', 'ca.key', '-noout', '-text')).toContain('ASN1 OID: prime256v1')
  const serials = files.map((path) => openssl('x509', '-in', path, '-noout', '-serial'))
  expect(new Set(serials).size).toBe(4)
  for (const serial of serials) expect(serial).toMatch(/^serial=[4-7][0-9A-F]{31}\n$/)
})

test('the common name of a pooler is what pg_ident.conf maps', () => {
  expect(openssl('x509', '-in', pooler, '-noout', '-subject', '-nameopt', 'RFC2253')).toBe('subject=CN=pgbouncer-orders\n')
})

describe('readCertificates', () => {
  test('says what OpenSSL says', async () => {
    const found = await readCertificates(folder, fleet)
    expect(found.map(({ of, service }) => [of, service])).toEqual([
      ['authority', undefined],
      ['server', 'orders'],
      ['pooler', 'orders'],
      ['server', 'price-list'],
      ['pooler', 'price-list'],
    ])
    for (const { path, fingerprint256, serial, notAfter, keyMatches, problem } of found) {
      expect(openssl('x509', '-in', path, '-noout', '-fingerprint', '-sha256')).toBe(`sha256 Fingerprint=${fingerprint256}\n`)
      expect(openssl('x509', '-in', path, '-noout', '-serial')).toBe(`serial=${serial}\n`)
      const end = openssl('x509', '-in', path, '-noout', '-enddate').replace('notAfter=', '')
      expect(notAfter).toEqual(new Date(end))
      expect({ keyMatches, problem }).toEqual({ keyMatches: true, problem: undefined })
    }
  })

  test.each([
    ['no file', (path: string) => rmSync(path), 'there is no certificate that can be read'],
    ['no certificate in it', (path: string) => writeFileSync(path, 'x'), 'there is no certificate that can be read'],
    ['no key', (path: string) => rmSync(path.replace('.crt', '.key')), 'its key is missing'],
    ['no key in that file', (path: string) => writeFileSync(path.replace('.crt', '.key'), 'x'), 'the key beside it is another one'],
  ])('%s', async (_, breakIt, problem) => {
    const other = await emptyFolder()
    await makeSecrets(other.path, fleet, now)
    breakIt(join(other.path, server))
    const found = await readCertificates(other.path, fleet)
    expect(found.map((one) => one.problem)).toEqual([undefined, problem, undefined, undefined, undefined])
    expect(found[1]!.keyMatches).toBe(false)
    other.remove()
  })

  test('a certificate of another authority, and one for another host', async () => {
    const other = await emptyFolder()
    await makeSecrets(other.path, fleet, now)
    for (const file of ['server.crt', 'server.key']) {
      const strange = filesIn(folder)[`services/orders/server/tls/${file}`]!
      writeFileSync(join(other.path, `services/orders/server/tls/${file}`), strange)
      const wrong = filesIn(other.path)[`services/price-list/server/tls/${file}`]!
      writeFileSync(join(other.path, `services/orders/pooler/tls/${file}`), wrong)
    }
    const found = await readCertificates(other.path, fleet)
    expect(found.map((one) => one.problem)).toEqual([
      undefined,
      'the authority in ca.crt did not issue it',
      'it is not for pgbouncer-orders',
      undefined,
      undefined,
    ])
    other.remove()
  })
})
