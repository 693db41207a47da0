import type { Finding } from '../check.ts'
import { type CheckAbout, type CheckRun, madeRun } from '../check-run.ts'
import { compareMaps } from '../compare.ts'
import { actualRights, configuredRights } from './hardening.ts'
import { actualMounts, actualNetworks, actualPorts, configuredMounts, configuredNetworks, configuredPorts } from './places.ts'
import type { ConfiguredContainer, ConfiguredProject, InspectedContainer, ProjectFacts } from './project-facts.ts'

type Facts = ReadonlyMap<string, string>

type ContainerCheck = CheckAbout & {
  readonly wanted: (container: ConfiguredContainer, project: ConfiguredProject) => Facts
  readonly found: (container: InspectedContainer, wanted: Facts) => Facts
}

const help = 'remove the container, and `pgfleet up --runtime compose` makes it anew from the compose file'

/** What is asked of each container. */
export const containerChecks: readonly ContainerCheck[] = [
  {
    id: 'container-rights',
    title: 'containers have the rights and limits of the compose file: capabilities, read-only files, memory, processors',
    help,
    wanted: configuredRights,
    found: actualRights,
  },
  {
    id: 'container-mounts',
    title: 'containers see the declared folders and volumes, and no others',
    help,
    wanted: configuredMounts,
    found: actualMounts,
  },
  {
    id: 'container-networks',
    title: 'containers are on the declared networks, and on no others',
    help,
    wanted: configuredNetworks,
    found: actualNetworks,
  },
  {
    id: 'published-ports',
    title: 'containers publish the declared ports on the bind address, and no others',
    help,
    wanted: configuredPorts,
    found: actualPorts,
  },
]

/** All of these for the containers of one service; undefined for those of the whole fleet. */
export function runContainerChecks({ configured, containers }: ProjectFacts, service: string | undefined): CheckRun[] {
  const own = Object.entries(configured.services).filter(
    ([, { environment, profiles = [] }]) => profiles.length === 0 && (environment?.['PGFLEET_SERVICE'] ?? undefined) === service,
  )
  return containerChecks.map((check) => {
    const findings = own.flatMap(([name, container]): Finding[] => {
      const found = containers.get(name)
      if (!found) return [{ what: `container of ${name}`, expected: 'running', actual: 'there is none' }]
      const wanted = check.wanted(container, configured)
      return compareMaps(wanted, check.found(found, wanted)).map((finding) => ({ ...finding, what: `${name}: ${finding.what}` }))
    })
    return madeRun(check, service, { findings, figures: { containers: own.length } })
  })
}
