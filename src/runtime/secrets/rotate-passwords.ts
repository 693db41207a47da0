// New passwords for a service: staged, given to the server as verifiers, and only then where clients look. A rotation that is cut short
// is completed by the next one: the passwords that the server may have are never lost.
import { createHash } from 'node:crypto'
import { serverUser } from '../../fleet/container-names.ts'
import { passwordRoles } from '../../fleet/roles.ts'
import { passwordFile, serverSecrets, verifierFile } from '../../fleet/secret-paths.ts'
import type { Service } from '../../fleet/types.ts'
import { docker } from '../../io/docker.ts'
import { OperationError } from '../../io/operation-error.ts'
import { type ComposeProject, poolerContainer, serverContainer } from '../compose/project.ts'
import { withSuperuser } from '../compose/sql.ts'
import { fits, newPassword, newVerifier, readPassword } from './passwords.ts'
import { canLogIn } from './pool-login.ts'
import { hostOf, type RotationPlace } from './rotate-certificates.ts'
import { stagedFolder, stagedPassword, stagedVerifier } from './rotation-files.ts'
import { isRunning, placeFiles } from './running-container.ts'
import type { SecretsFolder } from './secrets-folder.ts'

export type PasswordRotation = {
  readonly service: string
  readonly container: string
  /** `in-use`: the server has the new verifiers. `on-disk`: it does not run; `pgfleet apply` gives it the new ones later. */
  readonly state: 'in-use' | 'on-disk'
  readonly roles: readonly string[]
}

type Staged = { readonly role: string; readonly password: string; readonly verifier: string }

/**
 * Replaces the passwords of all roles of a service. Sessions live on. Throws `rotation-failed`: then the old passwords hold on, unless the
 * message says otherwise.
 */
export async function rotatePasswords(
  service: Service,
  place: Omit<RotationPlace, 'authority'> & { ca: string },
): Promise<PasswordRotation> {
  const { project, secrets, onProgress } = place
  const container = serverContainer(project, service.key)
  const runs = await isRunning(container, `${secrets.path}/${serverSecrets(service.key)}`)
  const staged = await stage(secrets, service)
  place.signal.throwIfAborted()
  if (runs) {
    await giveToServer(service, container, staged, place)
    onProgress(`${service.key}: the server has the new passwords`)
  }
  for (const { role } of staged) {
    await secrets.move(stagedPassword(service.key, role), passwordFile(service.key, role))
    await secrets.move(stagedVerifier(service.key, role), verifierFile(service.key, role))
  }
  await secrets.remove(stagedFolder(service.key))
  if (runs) await tellPooler(service, staged, place)
  return { service: service.key, container, state: runs ? 'in-use' : 'on-disk', roles: staged.map(({ role }) => role) }
}

/** Passwords that are not in use yet. What an earlier rotation staged may be known to the server: it is taken again. */
async function stage(secrets: SecretsFolder, service: Service): Promise<Staged[]> {
  const staged: Staged[] = []
  for (const { name } of passwordRoles(service)) {
    const files = [stagedPassword(service.key, name), stagedVerifier(service.key, name)] as const
    const known = readPassword((await secrets.read(files[0])) ?? '')
    const verifier = await secrets.read(files[1])
    if (known !== undefined && verifier !== undefined && (await fits(verifier, known))) {
      staged.push({ role: name, password: known, verifier })
      continue
    }
    const password = newPassword()
    const made = { role: name, password, verifier: `${await newVerifier(password)}\n` }
    await secrets.write(files[0], made.password)
    await secrets.write(files[1], made.verifier)
    staged.push(made)
  }
  return staged
}

/** The convergent path: the init script sets what the verifiers in the container's memory say, in one transaction. */
async function giveToServer(
  service: Service,
  container: string,
  staged: readonly Staged[],
  { project, secrets }: Pick<RotationPlace, 'project' | 'secrets'>,
) {
  const { verifiers } = service.paths
  let failure: unknown
  try {
    await placeFiles(container, serverUser, verifiers, files(staged))
    await docker(['exec', '--user', String(serverUser), container, 'pgfleet-apply'])
  } catch (error) {
    failure = error
  }
  const known = await verifiersOf(project, service).catch(() => undefined)
  const taken = staged.filter(({ role, verifier }) => known?.get(role) === sha256(verifier.trimEnd()))
  if (known && taken.length === staged.length) return
  const why = failure instanceof Error ? failure.message : 'the server does not have the new verifiers'
  if (!known || taken.length > 0)
    throw new OperationError(
      'rotation-failed',
      `whether ${service.key} has its new passwords is not known: ${why}`,
      `Both are kept. When ${container} answers again, run \`pgfleet secrets rotate --passwords ${service.key}\`: it goes on with the same new passwords.`,
      failure,
    )
  const old = await Promise.all(staged.map(async ({ role }) => ({ role, verifier: await secrets.read(verifierFile(service.key, role)) })))
  await placeFiles(
    container,
    serverUser,
    verifiers,
    files(old.flatMap(({ role, verifier }) => (verifier === undefined ? [] : [{ role, verifier }]))),
  ).catch(() => {})
  await secrets.remove(stagedFolder(service.key))
  throw new OperationError(
    'rotation-failed',
    `the passwords of ${service.key} were not replaced, the old ones hold on: ${why}`,
    undefined,
    failure,
  )
}

const files = (some: readonly { role: string; verifier: string }[]) => some.map(({ role, verifier }) => ({ name: role, text: verifier }))

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')

/** Digests of the verifiers that the server has, by role: they are compared, and never shown. */
async function verifiersOf(project: ComposeProject, service: Service): Promise<Map<string, string>> {
  const text = `SELECT rolname AS role, encode(sha256(convert_to(rolpassword, 'UTF8')), 'hex') AS digest FROM pg_authid WHERE rolpassword IS NOT NULL`
  const { rows } = await withSuperuser(project, service, (client) => client.query(text))
  return new Map((rows as { role: string; digest: string }[]).map(({ role, digest }) => [role, digest]))
}

/**
 * The pooler opens connections with what the last client of a role has proven. Until one has logged in with the new password, those who
 * were there before would fail when they need another connection: so we are that one.
 */
async function tellPooler(
  service: Service,
  staged: readonly Staged[],
  { project, secrets, ca, onProgress }: Parameters<typeof rotatePasswords>[1],
) {
  const app = service.roles.find(({ kind }) => kind === 'app')
  const login = staged.find(({ role }) => role === app?.name)
  if (!login || !(await isRunning(poolerContainer(project, service.key), `${secrets.path}/services/${service.key}/pooler`))) return
  const failure = await canLogIn({
    host: hostOf(project),
    port: service.pool.port,
    database: service.database,
    user: login.role,
    password: login.password,
    ca,
  })
  onProgress(
    failure === undefined
      ? `${service.key}: the pooler lets the new password in`
      : `${service.key}: no login through the pooler: ${failure}`,
  )
}
