// `secrets init`: makes what a fleet lacks. What is there stays; what does not fit is named.
import { authorityCertificate, passwordFile } from '../../fleet/secret-paths.ts'
import type { Fleet } from '../../fleet/types.ts'
import { refused } from '../../io/system-error.ts'
import { checkFolder } from './check-folder.ts'
import { refuseCommittable } from './committable.ts'
import type { SecretFinding } from './listing.ts'
import { makeAuthority, makePair, makePasswords, readAuthority } from './missing.ts'
import { mergedPassfile, passfiles } from './passfiles.ts'
import { readPassword } from './passwords.ts'
import { openSecretsFolder, type SecretsFolder } from './secrets-folder.ts'
import { authorityCopies, pairsOf, wantedFiles } from './wanted.ts'

export type InitOptions = {
  readonly folder: string
  readonly fleet: Fleet
  readonly now: () => Date
  /** Makes of a path in the folder what can stand in a shell command. */
  readonly shown: (path: string) => string
  /** Stops between two files; what was made stays. */
  readonly signal?: AbortSignal
  readonly onProgress?: (service: string) => void
}

export type InitResult = {
  /** Files that were made; password files that got new lines are among them. */
  readonly made: readonly string[]
  /** Files that were there. */
  readonly kept: number
  /** What the fleet has no use for, as outermost folders and files. */
  readonly unused: readonly string[]
  readonly findings: readonly SecretFinding[]
}

/** Throws `secrets-committable`, `already-running`, `authority-key-missing`, `authority-unusable`, `secrets-write`. */
export async function initSecrets(options: InitOptions): Promise<InitResult> {
  const { folder, fleet, now } = options
  await refuseCommittable(folder, wantedFiles(fleet))
  const failed = refused('secrets-write', `cannot write the secrets in ${folder}`)
  const secrets = await openSecretsFolder(folder, now().toISOString()).catch(failed)
  try {
    return await makeAll(secrets, options)
  } catch (error) {
    return failed(error)
  } finally {
    await secrets.close()
  }
}

async function makeAll(secrets: SecretsFolder, { fleet, now, shown, signal, onProgress }: InitOptions): Promise<InitResult> {
  const made = await makeAuthority(secrets, fleet, now())
  for (const service of fleet.services) {
    signal?.throwIfAborted()
    onProgress?.(service.key)
    for (const pair of pairsOf(service)) made.push(...(await makePair(secrets, pair, () => readAuthority(secrets), now())))
    made.push(...(await makePasswords(secrets, service)))
  }
  made.push(...(await copyAuthority(secrets, fleet)), ...(await writePassfiles(secrets, fleet)))
  const { findings, unused } = await checkFolder(secrets, fleet, now(), shown)
  return { made, kept: wantedFiles(fleet).length - made.length, unused, findings }
}

async function copyAuthority(secrets: SecretsFolder, fleet: Fleet): Promise<string[]> {
  const text = await secrets.read(authorityCertificate)
  const made: string[] = []
  for (const path of authorityCopies(fleet)) {
    if (text === undefined || (await secrets.read(path)) !== undefined) continue
    await secrets.write(path, text)
    made.push(path)
  }
  return made
}

/** Brings the password files to what the passwords are. Lines that are about no login of the fleet stay. Returns those that changed. */
export async function writePassfiles(secrets: SecretsFolder, fleet: Fleet): Promise<string[]> {
  const passwords = await readPasswords(secrets, fleet)
  const changed: string[] = []
  for (const { path, logins } of passfiles(fleet)) {
    const old = await secrets.read(path)
    const known = logins.filter(({ service, user }) => passwords.has(passwordFile(service, user)))
    const text = mergedPassfile(known, (service, role) => passwords.get(passwordFile(service, role)) ?? '', old ?? '')
    if (text === old) continue
    await secrets.write(path, text)
    changed.push(path)
  }
  return changed
}

async function readPasswords(secrets: SecretsFolder, fleet: Fleet): Promise<Map<string, string>> {
  const passwords = new Map<string, string>()
  for (const { service, user } of passfiles(fleet).flatMap(({ logins }) => logins)) {
    const path = passwordFile(service, user)
    if (passwords.has(path)) continue
    const password = readPassword((await secrets.read(path)) ?? '')
    if (password !== undefined) passwords.set(path, password)
  }
  return passwords
}
