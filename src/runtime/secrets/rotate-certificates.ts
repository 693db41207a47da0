// New certificates for a service, without a restart: on the disk first, then in the containers, then proven from outside.
import { setTimeout } from 'node:timers/promises'
import { poolerUser, serverUser } from '../../fleet/container-names.ts'
import { poolerPaths } from '../../fleet/container-paths.ts'
import { passwordFile } from '../../fleet/secret-paths.ts'
import type { Service } from '../../fleet/types.ts'
import { docker } from '../../io/docker.ts'
import { OperationError } from '../../io/operation-error.ts'
import { type ComposeProject, poolerContainer, serverContainer } from '../compose/project.ts'
import { withConsole, withSuperuser } from '../compose/sql.ts'
import type { Pair } from './authority.ts'
import { parse } from './certificates.ts'
import { issued, writePair } from './missing.ts'
import { readPassword } from './passwords.ts'
import { canLogIn } from './pool-login.ts'
import { presentedCertificate } from './presented-certificate.ts'
import { previous } from './rotation-files.ts'
import { isRunning, placeFiles } from './running-container.ts'
import type { SecretsFolder } from './secrets-folder.ts'
import { pairsOf, type WantedPair } from './wanted.ts'

export type CertificateRotation = {
  readonly service: string
  readonly of: WantedPair['of']
  readonly container: string
  /** `in-use`: the new certificate was seen. `on-disk`: the container does not run, and takes it when it starts. */
  readonly state: 'in-use' | 'on-disk'
  readonly fingerprint256: string
}

export type RotationPlace = {
  readonly project: ComposeProject
  readonly secrets: SecretsFolder
  readonly authority: Pair
  readonly now: () => Date
  readonly signal: AbortSignal
  readonly onProgress: (message: string) => void
}

/** A pair on its way: where it goes, what it was, what it is to be. */
type Step = {
  readonly pair: WantedPair
  readonly container: string
  readonly runs: boolean
  readonly old: Pair
  readonly next: Pair
}

/** How long a new certificate may take to be seen. Both programs read their files within milliseconds. */
const patience = 10_000

/**
 * Replaces key and certificate of a server and its pooler. When the new ones are not seen in use, the old ones are put back everywhere,
 * and `rotation-failed` is thrown.
 */
export async function rotateCertificates(service: Service, place: RotationPlace): Promise<CertificateRotation[]> {
  const { secrets, onProgress } = place
  const steps: Step[] = []
  for (const pair of pairsOf(service)) {
    const container = containerOf(place.project, pair)
    const runs = await isRunning(container, `${secrets.path}/${pair.folder}`)
    steps.push({
      pair,
      container,
      runs,
      old: await readPair(secrets, pair),
      next: await issued(secrets, pair, place.authority, place.now()),
    })
  }
  try {
    for (const { pair, old, next } of steps) {
      await keepPrevious(secrets, pair, old)
      await writePair(secrets, pair, next)
    }
    for (const step of steps.filter(({ runs }) => runs)) {
      place.signal.throwIfAborted()
      await take(service, step, step.next, place)
      if (step.pair.of === 'pooler') await showServer(service, step.next, place)
      onProgress(`${service.key}: the ${step.pair.of} uses its new certificate`)
    }
  } catch (error) {
    throw await putBack(service, steps, place, error)
  }
  await forgetPrevious(secrets, steps)
  return steps.map(({ pair, container, runs, next }) => ({
    service: service.key,
    of: pair.of,
    container,
    state: runs ? 'in-use' : 'on-disk',
    fingerprint256: parse(next.certificate)!.fingerprint256,
  }))
}

const containerOf = (project: ComposeProject, { of, service }: WantedPair) =>
  of === 'server' ? serverContainer(project, service) : poolerContainer(project, service)

async function readPair({ read, path }: SecretsFolder, pair: WantedPair): Promise<Pair> {
  const [certificate, key] = [await read(pair.certificate), await read(pair.key)]
  if (certificate !== undefined && key !== undefined) return { certificate, key }
  throw new OperationError(
    'secrets-missing',
    `the certificate of the ${pair.of} of ${pair.service} or its key is not in ${path}: nothing was changed`,
    '`pgfleet secrets init` makes what is missing.',
  )
}

const keepPrevious = (secrets: SecretsFolder, { certificate, key }: WantedPair, old: Pair) =>
  writePair(secrets, { certificate: previous(certificate), key: previous(key) }, old)

async function forgetPrevious(secrets: SecretsFolder, steps: readonly Step[]) {
  for (const { pair } of steps) for (const file of [pair.certificate, pair.key]) await secrets.remove(previous(file))
}

/** Puts a pair into a running container, has it read, and waits until it is seen from outside. */
async function take(service: Service, { pair, container }: Step, { certificate, key }: Pair, place: RotationPlace): Promise<void> {
  const isServer = pair.of === 'server'
  await placeFiles(container, isServer ? serverUser : poolerUser, isServer ? service.paths.tls : poolerPaths.tls, [
    { name: 'server.key', text: key },
    { name: 'server.crt', text: certificate },
  ])
  const { fingerprint256 } = parse(certificate)!
  if (isServer) await docker(['kill', '--signal', 'HUP', container])
  else await withConsole(place.project, service, (console) => console.query('RELOAD'))
  await until(`${container} still shows another certificate`, async () => {
    const port = isServer ? service.port : service.pool.port
    const shown = await presentedCertificate({
      host: hostOf(place.project),
      port,
      servername: 'localhost',
      ca: place.authority.certificate,
    })
    return shown.fingerprint256 === fingerprint256
  })
}

/** The pooler shows its certificate to the server when it connects: so it connects anew, and the server says what it saw. */
async function showServer(service: Service, next: Pair, place: RotationPlace): Promise<void> {
  const { project, secrets, authority } = place
  if (!(await isRunning(serverContainer(project, service.key), `${secrets.path}/${pairsOf(service)[0].folder}`))) return
  await withConsole(project, service, (console) => console.query('RECONNECT'))
  const app = service.roles.find(({ kind }) => kind === 'app')
  const password = app && readPassword((await secrets.read(passwordFile(service.key, app.name))) ?? '')
  // Without a client there may be no connection to look at. Whether the login succeeds does not matter: it is looked up at the server.
  if (app && password !== undefined)
    await canLogIn({
      host: hostOf(project),
      port: service.pool.port,
      database: service.database,
      user: app.name,
      password,
      ca: authority.certificate,
    })
  await until(`the server of ${service.key} has not seen the certificate of the pooler`, () => hasSeen(service, next, project))
}

/** Whether a connection to the server is there that was made with this certificate. */
async function hasSeen(service: Service, { certificate }: Pair, project: ComposeProject): Promise<boolean> {
  const { rows } = await withSuperuser(project, service, (client) =>
    client.query('SELECT DISTINCT client_serial::text AS serial FROM pg_stat_ssl WHERE client_serial IS NOT NULL'),
  )
  const serial = BigInt(`0x${parse(certificate)!.serialNumber}`).toString()
  return rows.some((row) => (row as { serial: string }).serial === serial)
}

/** Address of the published ports; one that stands for all is no address to connect to. */
export const hostOf = ({ bind }: ComposeProject): string => (bind === '0.0.0.0' ? '127.0.0.1' : bind === '::' ? '::1' : bind)

async function until(otherwise: string, holds: () => Promise<boolean>): Promise<void> {
  let reason: unknown
  for (const end = Date.now() + patience; Date.now() < end; await setTimeout(100)) {
    try {
      if (await holds()) return
      reason = undefined
    } catch (error) {
      reason = error
    }
  }
  throw reason ?? new OperationError('rotation-unseen', otherwise)
}

/** The state before, and an error that says whether that succeeded. */
async function putBack(service: Service, steps: readonly Step[], place: RotationPlace, cause: unknown): Promise<OperationError> {
  const why =
    cause instanceof Error && cause.name === 'AbortError' ? 'it was interrupted' : cause instanceof Error ? cause.message : String(cause)
  try {
    for (const { pair, old } of steps) await writePair(place.secrets, pair, old)
    for (const step of steps.filter(({ runs }) => runs)) {
      await take(service, step, step.old, place)
      // A pooler that never took the new one is left in peace: whatever keeps it from reading may keep it from connecting, too.
      if (step.pair.of === 'pooler' && steps[0]?.runs && (await hasSeen(service, step.next, place.project)))
        await showServer(service, step.old, place)
    }
    await forgetPrevious(place.secrets, steps)
  } catch (error) {
    const files = steps.map(({ pair }) => previous(pair.certificate)).join(' and ')
    return new OperationError(
      'rotation-failed',
      `the certificates of ${service.key} were not replaced (${why}), and the old ones could not be put back everywhere: ${(error as Error).message}`,
      `The old ones are in ${place.secrets.path}: ${files}. See the logs of ${steps.map(({ container }) => container).join(' and ')}, then rotate again.`,
      cause,
    )
  }
  return new OperationError(
    'rotation-failed',
    `the certificates of ${service.key} were not replaced: ${why}; the old ones are in use again, on the disk and in the containers`,
    `See the logs of ${steps.map(({ container }) => container).join(' and ')}.`,
    cause,
  )
}
