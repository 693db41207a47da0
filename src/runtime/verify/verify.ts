// Whether a live fleet is what was declared: every check on every service. Nothing is written and nothing is locked.
import type { Artifact } from '../../artifact.ts'
import type { Fleet, Service } from '../../fleet/types.ts'
import { sideBySide } from '../side-by-side.ts'
import type { FleetAccess } from './access.ts'
import { type CheckRun, madeRun, notChecked } from './check-run.ts'
import { poolerChecks, serverChecks } from './checks/index.ts'
import { reachable } from './checks/reachable.ts'
import type { Places } from './places.ts'
import { runPoolerChecks, runServerChecks, type SystemRuns } from './run-checks.ts'

/** Services that are checked at the same time. */
const atOnce = 4

export type VerifyOptions = {
  readonly fleet: Fleet
  readonly artifacts: readonly Artifact[]
  readonly access: FleetAccess
  readonly places: Places
}

export type VerifiedService = {
  readonly service: string
  /** Versions as the programs say them; undefined for one that did not answer or is not there. */
  readonly postgres?: string
  readonly pgbouncer?: string
}

/** Whether something could not be asked: that is a failure, and no drift. */
export const isUnreachable = ({ runs }: Verified): boolean => runs.some(({ id, result }) => id === reachable.id && result === 'failed')

export type Verified = { readonly services: readonly VerifiedService[]; readonly runs: readonly CheckRun[] }

/** All checks on all services, several side by side. What cannot be reached is a result as well. */
export async function verifyFleet(options: VerifyOptions): Promise<Verified> {
  const artifacts = new Map(options.artifacts.map((artifact) => [artifact.path, artifact]))
  const all = await sideBySide(options.fleet.services, atOnce, (service) => verifyService(service, artifacts, options))
  return { services: all.map(({ about }) => about), runs: [...options.places.ofFleet, ...all.flatMap(({ runs }) => runs)] }
}

async function verifyService(service: Service, artifacts: ReadonlyMap<string, Artifact>, { access, places }: VerifyOptions) {
  const subject = { service, artifacts }
  const { pooler: openPooler } = access
  const [server, pooler, place] = await Promise.all([
    runServerChecks(subject, serverChecks, () => access.server(service)),
    typeof openPooler === 'string'
      ? ({ runs: poolerChecks.map((check) => notChecked(check, service.key, openPooler)) } satisfies SystemRuns)
      : runPoolerChecks(subject, poolerChecks, () => openPooler(service)),
    places.ofService(service),
  ])
  const systems: Readonly<Record<string, SystemRuns>> = { server, pooler }
  const findings = Object.entries(systems).flatMap(([what, { unreachable }]) =>
    unreachable === undefined ? [] : [{ what, expected: 'an answer', actual: unreachable }],
  )
  const about: VerifiedService = {
    service: service.key,
    ...(server.version === undefined ? {} : { postgres: server.version }),
    ...('version' in pooler && pooler.version !== undefined ? { pgbouncer: pooler.version } : {}),
  }
  return { about, runs: [madeRun(reachable, service.key, { findings, figures: {} }), ...server.runs, ...pooler.runs, ...place] }
}
