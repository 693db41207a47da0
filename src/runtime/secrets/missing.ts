// Makes what is missing in the secrets folder, file by file. What is there stays, byte for byte.
import { passwordRoles } from '../../fleet/roles.ts'
import { authorityCertificate, authorityKey, passwordFile, verifierFile } from '../../fleet/secret-paths.ts'
import type { Fleet, Service } from '../../fleet/types.ts'
import { OperationError } from '../../io/operation-error.ts'
import type { Pair } from './authority.ts'
import { matches, parse } from './certificates.ts'
import { newPassword, newVerifier, readPassword } from './passwords.ts'
import type { SecretsFolder } from './secrets-folder.ts'
import type { WantedPair } from './wanted.ts'

/** The authority. A certificate without its key is left alone: the key may be kept elsewhere, and is needed for new certificates only. */
export async function makeAuthority(secrets: SecretsFolder, { name }: Fleet, now: Date): Promise<string[]> {
  const [certificate, key] = [await secrets.read(authorityCertificate), await secrets.read(authorityKey)]
  if (certificate !== undefined) return []
  // A key that is there may have issued certificates: a certificate for the same key vouches for them, too.
  const { newAuthority } = await import('./authority.ts')
  const made = await newAuthority(name, now, key).catch((error) => unusable(secrets, error))
  if (key === undefined) await secrets.write(authorityKey, made.key)
  await secrets.write(authorityCertificate, made.certificate)
  return [...(key === undefined ? [authorityKey] : []), authorityCertificate]
}

/** Key and certificate of the authority, for whoever must issue one. Throws `authority-key-missing` or `authority-unusable`. */
export async function readAuthority(secrets: SecretsFolder): Promise<Pair> {
  const [certificate, key] = [await secrets.read(authorityCertificate), await secrets.read(authorityKey)]
  if (certificate !== undefined && key !== undefined) {
    const parsed = parse(certificate)
    return parsed && matches(parsed, key) ? { certificate, key } : unusable(secrets)
  }
  const missing = certificate === undefined ? authorityCertificate : authorityKey
  throw new OperationError(
    'authority-key-missing',
    `a certificate must be issued, but ${missing} is not in ${secrets.path}`,
    `Put ${missing} back for this command.`,
  )
}

/** Key and certificate of a server or pooler, together: one without the other is replaced, because nothing else can be made to fit it. */
export async function makePair(secrets: SecretsFolder, pair: WantedPair, authority: () => Promise<Pair>, now: Date): Promise<string[]> {
  const [certificate, key] = [await secrets.read(pair.certificate), await secrets.read(pair.key)]
  if (certificate !== undefined && key !== undefined) return []
  await writePair(secrets, pair, await issued(secrets, pair, await authority(), now))
  return [pair.key, pair.certificate]
}

/** A new key and certificate, on no disk yet. */
export async function issued(secrets: SecretsFolder, { subject }: WantedPair, authority: Pair, now: Date): Promise<Pair> {
  const { issue } = await import('./authority.ts')
  return issue(authority, subject, now).catch((error) => unusable(secrets, error))
}

/** Replaces key and certificate. Whenever it is cut short, the certificate that is there is that of the key beside it. */
export async function writePair(secrets: SecretsFolder, pair: Pick<WantedPair, 'certificate' | 'key'>, made: Pair): Promise<void> {
  await secrets.remove(pair.certificate)
  await secrets.write(pair.key, made.key)
  await secrets.write(pair.certificate, made.certificate)
}

/** The passwords of a service with their verifiers. A verifier whose password is lost goes with it. */
export async function makePasswords(secrets: SecretsFolder, service: Service): Promise<string[]> {
  const made: string[] = []
  for (const { name } of passwordRoles(service)) {
    const [file, verifier] = [passwordFile(service.key, name), verifierFile(service.key, name)]
    const known = await secrets.read(file)
    if (known !== undefined && (await secrets.read(verifier)) !== undefined) continue
    const password = known === undefined ? newPassword() : readPassword(known)
    // A password that cannot be used is a finding.
    if (password === undefined) continue
    if (known === undefined) {
      await secrets.remove(verifier)
      await secrets.write(file, password)
      made.push(file)
    }
    await secrets.write(verifier, `${await newVerifier(password)}\n`)
    made.push(verifier)
  }
  return made
}

/** What the library says of a key that it cannot use may show the key. */
function unusable({ path }: SecretsFolder, error?: unknown): never {
  if (error instanceof Error && 'syscall' in error) throw error
  throw new OperationError(
    'authority-unusable',
    `${authorityKey} and ${authorityCertificate} in ${path} cannot issue certificates: the key must be that of the certificate, on P-256, in PEM without a passphrase`,
    'Put the files back that pgfleet made.',
  )
}
