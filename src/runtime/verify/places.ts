// What is checked where a fleet runs, beside its servers and poolers: containers, networks, published ports, TLS.
import { join } from 'node:path'
import type { Artifact } from '../../artifact.ts'
import { authorityCertificate } from '../../fleet/secret-paths.ts'
import type { Fleet, Service } from '../../fleet/types.ts'
import { OperationError } from '../../io/operation-error.ts'
import { readIfPresent } from '../../io/owned-files.ts'
import { type ComposeProject, poolerContainer, serverContainer } from '../compose/project.ts'
import { readCertificates } from '../secrets/certificates.ts'
import type { Finding } from './check.ts'
import { type CheckAbout, type CheckRun, madeRun, notChecked } from './check-run.ts'
import { checkOutput, output } from './checks/output.ts'
import { containerChecks, runContainerChecks } from './containers/checks.ts'
import { checkEncryption, type Ends, encryption } from './containers/encryption.ts'
import { networkMembers, runNetworkMembers } from './containers/network-members.ts'
import { type ProjectFacts, projectFacts } from './containers/project-facts.ts'
import { checkRefusals, refusals } from './containers/refusals.ts'
import type { ServiceImages } from './evidence.ts'

export type Places = {
  readonly ofService: (service: Service) => Promise<readonly CheckRun[]>
  /** Of the fleet as a whole. */
  readonly ofFleet: readonly CheckRun[]
  readonly images: ReadonlyMap<string, ServiceImages>
}

/** Containers of a project. Asks the engine once; throws when there is none. */
export async function composePlaces(
  fleet: Fleet,
  project: ComposeProject,
  out: string,
  artifacts: readonly Artifact[],
  now: Date,
): Promise<Places> {
  const [facts, ca, certificates] = await Promise.all([
    projectFacts(project),
    readIfPresent(join(project.secrets, authorityCertificate)),
    readCertificates(project.secrets, fleet),
  ])
  const probes = ca === undefined ? undefined : { project, ca, certificates, now }
  return {
    ofService: async (service) => [
      ...runContainerChecks(facts, service.key),
      await probed(encryption, service, probes, checkEncryption),
      await probed(refusals, service, probes, checkRefusals),
    ],
    ofFleet: [checkOutput(out, artifacts), runNetworkMembers(facts), ...runContainerChecks(facts, undefined)],
    images: new Map(fleet.services.map(({ key }) => [key, imagesOf(project, key, facts)])),
  }
}

async function probed(
  check: CheckAbout,
  service: Service,
  ends: Ends | undefined,
  probe: (service: Service, ends: Ends) => Promise<Finding[]>,
): Promise<CheckRun> {
  if (!ends) return notChecked(check, service.key, `the secrets folder has no ${authorityCertificate}`)
  try {
    return madeRun(check, service.key, { findings: await probe(service, ends), figures: {} })
  } catch (error) {
    if (!(error instanceof OperationError)) throw error
    const finding = { what: 'published ports', expected: 'an answer', actual: error.message }
    return madeRun(check, service.key, { findings: [finding], figures: {} })
  }
}

function imagesOf(project: ComposeProject, service: string, { containers }: ProjectFacts): ServiceImages {
  const imageOf = (name: string) => [...containers.values()].find(({ Name }) => Name === `/${name}`)?.Image ?? null
  return { server: imageOf(serverContainer(project, service)), pooler: imageOf(poolerContainer(project, service)) }
}

/** Where there are no containers, what would be asked of them is listed as not checked. */
export function embeddedPlaces(): Places {
  const noContainers = 'the embedded runtime has no containers'
  const overLoopback =
    'connections of the embedded runtime do not leave this machine: it has no TLS, and its superuser comes over a socket of its own'
  return {
    ofService: async ({ key }) => [
      ...containerChecks.map((check) => notChecked(check, key, noContainers)),
      ...[encryption, refusals].map((check) => notChecked(check, key, overLoopback)),
    ],
    ofFleet: [
      notChecked(output, undefined, 'the embedded runtime does not use the output folder'),
      notChecked(networkMembers, undefined, noContainers),
    ],
    images: new Map(),
  }
}
