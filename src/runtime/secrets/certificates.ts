// What the certificates of a secrets folder say: read with Node's own parser, without the library that makes them.
import { createPrivateKey, X509Certificate } from 'node:crypto'
import { join } from 'node:path'
import { authorityCertificate, authorityKey } from '../../fleet/secret-paths.ts'
import type { Fleet } from '../../fleet/types.ts'
import { readIfPresent } from '../../io/owned-files.ts'
import { pairsOf, type WantedPair } from './wanted.ts'

/** A certificate of the fleet, and what keeps it from being used, if anything does. */
export type CertificateState = {
  readonly of: 'authority' | WantedPair['of']
  /** Key of the service, undefined for the authority. */
  readonly service?: string
  /** Path of its file in the secrets folder. */
  readonly path: string
  /** Undefined when there is no certificate that can be read. */
  readonly notAfter?: Date
  /** SHA-256 in upper-case hex with colons, as `openssl x509 -fingerprint -sha256` prints it. */
  readonly fingerprint256?: string
  /** Serial number in upper-case hex. */
  readonly serial?: string
  /** Whether the key beside it is the key of the certificate; the authority's may be kept elsewhere. */
  readonly keyMatches: boolean
  readonly problem?: string
}

/** The certificates of the authority and of each server and pooler, as the folder has them. Changes nothing. */
export async function readCertificates(folder: string, { services }: Pick<Fleet, 'services'>): Promise<CertificateState[]> {
  const read = (path: string) => readIfPresent(join(folder, path))
  const authority = parse(await read(authorityCertificate))
  const wanted = services.flatMap(pairsOf)
  return [
    { of: 'authority', path: authorityCertificate, ...stateOf(authority, await read(authorityKey)) },
    ...(await Promise.all(
      wanted.map(async (pair) => {
        const certificate = parse(await read(pair.certificate))
        const state = stateOf(certificate, await read(pair.key))
        const problem = state.problem ?? problemOf(pair, certificate, authority)
        return { of: pair.of, service: pair.service, path: pair.certificate, ...state, ...(problem === undefined ? {} : { problem }) }
      }),
    )),
  ]
}

/** The certificate in a PEM text, if it is one. */
export function parse(text: string | undefined): X509Certificate | undefined {
  try {
    return text === undefined ? undefined : new X509Certificate(text)
  } catch {
    return undefined
  }
}

/** Whether a key is that of a certificate. */
export function matches(certificate: X509Certificate, key: string | undefined): boolean {
  try {
    return key !== undefined && certificate.checkPrivateKey(createPrivateKey(key))
  } catch {
    return false
  }
}

function stateOf(certificate: X509Certificate | undefined, key: string | undefined) {
  if (!certificate) return { keyMatches: false, problem: 'there is no certificate that can be read' }
  const keyMatches = matches(certificate, key)
  const problem = key === undefined ? 'its key is missing' : 'the key beside it is another one'
  return {
    notAfter: new Date(certificate.validTo),
    fingerprint256: certificate.fingerprint256,
    serial: certificate.serialNumber,
    keyMatches,
    ...(keyMatches ? {} : { problem }),
  }
}

/** Why clients would refuse a certificate whose key is right. Its dates are for the caller to judge. */
function problemOf({ subject }: WantedPair, certificate: X509Certificate | undefined, authority: X509Certificate | undefined) {
  if (!certificate || !authority) return undefined
  const { names, client } = subject
  if (!certificate.checkIssued(authority) || !certificate.verify(authority.publicKey)) return 'the authority in ca.crt did not issue it'
  const missing = names.find((name) => certificate.checkHost(name, { subject: 'never' }) === undefined)
  if (missing !== undefined) return `it is not for ${missing}`
  if (client && certificate.subject !== `CN=${names[0]}`) return `its common name is not ${names[0]}`
  return undefined
}
