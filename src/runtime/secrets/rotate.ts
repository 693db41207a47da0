// `secrets rotate`: service by service, so that a failure leaves the others as they were.
import { opsUser } from '../../fleet/container-names.ts'
import { authorityCertificate, opsSecrets } from '../../fleet/secret-paths.ts'
import type { Fleet, Service } from '../../fleet/types.ts'
import { OperationError } from '../../io/operation-error.ts'
import { readIfPresent } from '../../io/owned-files.ts'
import { refused } from '../../io/system-error.ts'
import { type ComposeProject, opsContainer } from '../compose/project.ts'
import { refuseCommittable } from './committable.ts'
import { writePassfiles } from './init.ts'
import { readAuthority } from './missing.ts'
import { type CertificateRotation, rotateCertificates } from './rotate-certificates.ts'
import { type PasswordRotation, rotatePasswords } from './rotate-passwords.ts'
import { isRunning, placeFiles } from './running-container.ts'
import { openSecretsFolder, type SecretsFolder } from './secrets-folder.ts'
import { wantedFiles } from './wanted.ts'

export type RotateOptions = {
  readonly fleet: Fleet
  readonly project: ComposeProject
  readonly services: readonly Service[]
  readonly certificates: boolean
  readonly passwords: boolean
  readonly now: () => Date
  readonly signal: AbortSignal
  readonly onProgress: (message: string) => void
}

export type RotateResult = {
  readonly certificates: readonly CertificateRotation[]
  readonly passwords: readonly PasswordRotation[]
  /** Applications whose password file has new passwords. */
  readonly applications: readonly string[]
  /** Services that were not begun, because one before them failed. */
  readonly untouched: readonly string[]
  readonly failure?: unknown
}

/** tmpfs of the ops container, where docker/ops-start.sh copies its secrets to. */
const runtimeFolder = '/run/pgfleet'

/** Stops at the first service that fails, which is then as before. Throws before anything is changed. */
export async function rotateSecrets(options: RotateOptions): Promise<RotateResult> {
  const { fleet, project, now } = options
  const folder = project.secrets
  if ((await readIfPresent(`${folder}/${authorityCertificate}`)) === undefined)
    throw new OperationError('secrets-missing', `there are no secrets in ${folder}`, '`pgfleet secrets init` makes them.')
  await refuseCommittable(folder, wantedFiles(fleet))
  const failed = refused('secrets-write', `cannot write the secrets in ${folder}`)
  const secrets = await openSecretsFolder(folder, now().toISOString()).catch(failed)
  try {
    return await rotateAll(secrets, options)
  } catch (error) {
    return failed(error)
  } finally {
    await secrets.close()
  }
}

async function rotateAll(secrets: SecretsFolder, options: RotateOptions): Promise<RotateResult> {
  const { fleet, project, services, signal } = options
  const authority = options.certificates ? await readAuthority(secrets) : undefined
  const ca = (await secrets.read(authorityCertificate)) ?? ''
  const certificates: CertificateRotation[] = []
  const passwords: PasswordRotation[] = []
  const begun = new Set<string>()
  let failure: unknown
  try {
    for (const service of services) {
      signal.throwIfAborted()
      begun.add(service.key)
      if (authority) certificates.push(...(await rotateCertificates(service, { ...options, secrets, authority })))
      if (!options.passwords) continue
      const rotated = await rotatePasswords(service, { ...options, secrets, ca })
      passwords.push(rotated)
      await writePassfiles(secrets, fleet)
    }
  } catch (error) {
    failure = error
  }
  const opsFailure = passwords.length ? await tellOps(secrets, project) : undefined
  failure ??= opsFailure
  const renewed = new Set(passwords.map(({ service }) => service))
  return {
    certificates,
    passwords,
    applications: fleet.applications.filter(({ uses }) => uses.some((key) => renewed.has(key))).map(({ name }) => name),
    untouched: services.map(({ key }) => key).filter((key) => !begun.has(key)),
    ...(failure === undefined ? {} : { failure }),
  }
}

/** The ops container read its password file when it started, into its memory. Returns why it has not got the new one, if it has not. */
async function tellOps(secrets: SecretsFolder, project: ComposeProject): Promise<OperationError | undefined> {
  const text = await secrets.read(`${opsSecrets}/pgpass`)
  const container = opsContainer(project)
  try {
    if (text !== undefined && (await isRunning(container, `${secrets.path}/${opsSecrets}`)))
      await placeFiles(container, opsUser, runtimeFolder, [{ name: 'pgpass', text }])
    return undefined
  } catch (error) {
    return new OperationError(
      'rotation-failed',
      `the passwords are renewed, but ${container} did not get its new password file: ${(error as Error).message}`,
      `Restart it: docker restart ${container}`,
      error,
    )
  }
}
