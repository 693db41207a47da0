import type { Finding } from '../check.ts'
import { type CheckAbout, type CheckRun, madeRun } from '../check-run.ts'
import type { ProjectFacts } from './project-facts.ts'

export const networkMembers: CheckAbout = {
  id: 'network-members',
  title: 'networks are closed as declared, and nobody is on them who is not declared to be',
  help: '`docker network disconnect` takes a container off; `pgfleet down` and `up --runtime compose` make networks anew',
}

/** Every network of the project: what it lets through, and each container that is on it. */
export function runNetworkMembers({ configured, containers, networks }: ProjectFacts): CheckRun {
  const names = new Map([...containers].map(([service, { Id }]) => [Id, service]))
  const found = new Map(networks.map((network) => [network.Name, network]))
  const needed = new Set(
    Object.values(configured.services).flatMap(({ profiles = [], networks = {} }) => (profiles.length === 0 ? Object.keys(networks) : [])),
  )
  const findings = Object.entries(configured.networks).flatMap(
    ([key, { name, internal = false, driver_opts: options = {} }]): Finding[] => {
      const network = found.get(name)
      // That of the applications is made with the first of them.
      if (!network) return needed.has(key) ? [{ what: `network ${name}`, expected: 'there', actual: 'there is none' }] : []
      const members = Object.entries(network.Containers).flatMap(([id, { Name }]): Finding[] => {
        const service = names.get(id)
        if (service !== undefined && Object.hasOwn(configured.services[service]?.networks ?? {}, key)) return []
        return [{ what: `network ${name}`, expected: `without ${Name}`, actual: `${Name} is on it` }]
      })
      const settings = Object.entries(options).flatMap(([option, value]): Finding[] => {
        const actual = network.Options?.[option] ?? 'not set'
        return actual === value ? [] : [{ what: `network ${name}: ${option}`, expected: value, actual }]
      })
      const way = (closed: boolean) => (closed ? 'without a way out' : 'with a way out')
      const closed =
        network.Internal === internal ? [] : [{ what: `network ${name}`, expected: way(internal), actual: way(network.Internal) }]
      return [...closed, ...settings, ...members]
    },
  )
  return madeRun(networkMembers, undefined, { findings, figures: { networks: networks.length } })
}
