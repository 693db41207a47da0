// X.509 certificates of the fleet. Imported when one is made, and not before: the library takes its time to load.
import 'reflect-metadata'
import { createPrivateKey, KeyObject, randomBytes, webcrypto } from 'node:crypto'
import * as x509 from '@peculiar/x509'

x509.cryptoProvider.set(webcrypto)

/** PEM texts. The key is PKCS #8 without a passphrase: a server has nobody to ask. */
export type Pair = { readonly certificate: string; readonly key: string }

/** What a certificate says: the first name is the common name, all of them are alternative names. */
export type Subject = { readonly names: readonly [string, ...string[]]; readonly client: boolean }

const minute = 60_000
const day = 24 * 60 * minute
/** A clock that is a little behind must not refuse a new certificate. */
const head = 5 * minute
const authorityDays = 3650
const certificateDays = 365

const curve = { name: 'ECDSA', namedCurve: 'P-256' } as const
const signing = { name: 'ECDSA', hash: 'SHA-256' } as const

/** A certificate authority that may sign certificates of servers and clients, but no other authority. `key` is one that is there already. */
export async function newAuthority(fleet: string, now: Date, key?: string): Promise<Pair> {
  const keys = key === undefined ? await newKeys() : await keysOf(key)
  const { KeyUsageFlags: usage } = x509
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: serialNumber(),
    name: [{ CN: [`pgfleet authority of ${fleet}`] }],
    ...validity(now, authorityDays),
    keys,
    signingAlgorithm: signing,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(usage.keyCertSign | usage.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  })
  return { certificate: pem(certificate), key: key ?? pkcs8(keys.privateKey) }
}

/** A new key with a certificate for it, valid for a year or as long as the authority, whichever ends first. */
export async function issue(authority: Pair, { names, client }: Subject, now: Date): Promise<Pair> {
  const issuer = new x509.X509Certificate(authority.certificate)
  const signer = await keysOf(authority.key)
  const keys = await newKeys()
  const { notBefore, notAfter } = validity(now, certificateDays)
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: serialNumber(),
    subject: [{ CN: [names[0]] }],
    issuer: issuer.subjectName.toJSON(),
    notBefore,
    notAfter: new Date(Math.min(notAfter.getTime(), issuer.notAfter.getTime())),
    publicKey: keys.publicKey,
    signingKey: signer.privateKey,
    signingAlgorithm: signing,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth, ...(client ? [x509.ExtendedKeyUsage.clientAuth] : [])]),
      new x509.SubjectAlternativeNameExtension(names.map((value) => ({ type: 'dns', value }))),
      await x509.AuthorityKeyIdentifierExtension.create(signer.publicKey),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  })
  return { certificate: pem(certificate), key: pkcs8(keys.privateKey) }
}

const newKeys = () => webcrypto.subtle.generateKey(curve, true, ['sign', 'verify'])

async function keysOf(text: string): Promise<webcrypto.CryptoKeyPair> {
  const key = createPrivateKey(text)
  const { kty, crv, x, y } = key.export({ format: 'jwk' })
  const { subtle } = webcrypto
  return {
    privateKey: await subtle.importKey('pkcs8', key.export({ type: 'pkcs8', format: 'der' }), curve, true, ['sign']),
    publicKey: await subtle.importKey('jwk', { kty, crv, x, y } as webcrypto.JsonWebKey, curve, true, ['verify']),
  }
}

/** 126 random bits in 16 bytes: positive, and of the same length each time. https://www.rfc-editor.org/rfc/rfc5280#section-4.1.2.2 */
function serialNumber(): string {
  const bytes = randomBytes(16)
  bytes[0] = (bytes[0]! & 0x3f) | 0x40
  return bytes.toString('hex')
}

/** Certificates know whole seconds. */
function validity(now: Date, days: number): { notBefore: Date; notAfter: Date } {
  const start = Math.floor(now.getTime() / 1000) * 1000
  return { notBefore: new Date(start - head), notAfter: new Date(start + days * day) }
}

const pkcs8 = (key: webcrypto.CryptoKey): string => KeyObject.from(key).export({ type: 'pkcs8', format: 'pem' }) as string
const pem = (certificate: { toString(format: 'pem'): string }): string => `${certificate.toString('pem').trim()}\n`
