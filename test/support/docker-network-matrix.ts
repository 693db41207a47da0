// Who reaches whom over TCP, tried from where each container stands.
import { docker, dockerLines } from './docker.ts'
import { atPosition } from './docker-network-position.ts'
import type { Project } from './docker-project.ts'

/** Something that might answer, by what it is called in a table. With `datagrams` it is sent one, too: the position's name. */
export type Target = { readonly label: string; readonly host: string; readonly port: number; readonly datagrams?: boolean }

type Container = { readonly name: string; readonly service: string; readonly addresses: Readonly<Record<string, string>> }

/** The containers of a copy: their Compose service, and their address in each network (by its name in the compose file). */
export async function containersIn({ prefix }: Project): Promise<Container[]> {
  const ids = await dockerLines(['ps', '--quiet', '--filter', `label=com.docker.compose.project=${prefix}`])
  type Inspected = {
    Name: string
    Config: { Labels: Record<string, string> }
    NetworkSettings: { Networks: Record<string, { IPAddress: string }> }
  }
  const inspected: Inspected[] = JSON.parse(await docker(['inspect', ...ids]))
  return inspected.map(({ Name, Config, NetworkSettings }) => ({
    name: Name.slice(1),
    service: Config.Labels['com.docker.compose.service']!,
    addresses: Object.fromEntries(
      Object.entries(NetworkSettings.Networks).map(([network, { IPAddress }]) => [network.slice(prefix.length + 1), IPAddress]),
    ),
  }))
}

/** Servers and poolers by name and by each of their addresses: `postgres-a`, `postgres-a at edge`. */
export const databaseTargets = (containers: readonly Container[]): Target[] =>
  containers
    .filter(({ service }) => /^(postgres|pgbouncer)-/.test(service))
    .flatMap(({ service, addresses }) => [
      { label: service, host: service, port: 5432 },
      ...Object.entries(addresses).map(([network, host]) => ({ label: `${service} at ${network}`, host, port: 5432 })),
    ])

/** The published ports at the host's address in each network: `gateway of edge, port 5432`. */
export async function gatewayTargets({ prefix }: Project, ports: readonly number[]): Promise<Target[]> {
  const ids = await dockerLines(['network', 'ls', '--quiet', '--filter', `label=com.docker.compose.project=${prefix}`])
  type Network = { Name: string; IPAM: { Config: { Subnet: string; Gateway?: string }[] } }
  const networks: Network[] = JSON.parse(await docker(['network', 'inspect', ...ids]))
  return networks.flatMap(({ Name, IPAM }) =>
    IPAM.Config.flatMap(({ Subnet, Gateway = firstAddress(Subnet) }) =>
      ports.map((port) => ({ label: `gateway of ${Name.slice(prefix.length + 1)}, port ${port}`, host: Gateway, port })),
    ),
  )
}

/** What Docker makes the gateway of an IPv4 subnet when it is not told one; networks of ours begin at a multiple of 16. */
const firstAddress = (subnet: string) => subnet.replace(/(\d+)\/\d+$/, (_, last) => String(Number(last) + 1))

/**
 * What a container reaches, as labels in alphabetical order; itself is left out. What is expected has 30 seconds to answer, the rest twice
 * the time that it took, and at least a second: a busy machine changes nothing. On the edge, where all meet, a name stands for the one
 * address that Docker chooses: servers and poolers are tried by each of their addresses only.
 */
export async function reachedFrom(
  project: Project,
  container: Container,
  targets: readonly Target[],
  expected: readonly string[],
): Promise<string[]> {
  const byName = !('edge' in container.addresses)
  const others = targets
    .filter(({ label }) => label !== container.service && !label.startsWith(`${container.service} at `))
    .filter(({ host, label }) => byName || host !== label)
  return (await atPosition<string[]>(project, container.name, probe, { from: container.service, targets: others, expected })).sort()
}

// Names are asked for directly: getaddrinfo asks for four at once, and waits ten seconds for a name that Docker does not know.
// What answers unexpectedly must do so three times: before version 28, Docker takes the rules that separate networks away for some
// milliseconds whenever any network of the machine is made (https://github.com/moby/moby/pull/49538).
const probe = `
import { createSocket } from 'node:dgram'
import { Resolver } from 'node:dns/promises'
import { connect, isIP } from 'node:net'
import { setTimeout } from 'node:timers/promises'
const addressesOf = (host) => isIP(host) ? [host] : new Resolver({ timeout: 30000, tries: 1 }).resolve4(host).catch(() => [])
/** Which of the targets answer. Waits for the awaited ones, and then as long again and more. */
async function answering(targets, awaited, more) {
  const open = new Set()
  for (const { label, host, port } of targets)
    Promise.resolve(addressesOf(host)).then((addresses) =>
      addresses.map((host) => connect({ host, port }).on('error', () => {}).on('connect', () => open.add(label))))
  const started = Date.now()
  while (Date.now() - started < 30000 && !awaited.every((label) => open.has(label))) await setTimeout(50)
  await setTimeout(more + Date.now() - started)
  return open
}
const { from, targets, expected } = input
const datagram = createSocket('udp4').on('error', () => {})
for (const { host, port } of targets.filter(({ datagrams }) => datagrams)) datagram.send(from, port, host, () => {})
let open = await answering(targets, expected, 1000)
const found = new Set(expected.filter((label) => open.has(label)))
let others = targets.filter(({ label }) => open.has(label) && !found.has(label))
for (let again = 0; again < 2 && others.length > 0; again++) {
  open = await answering(others, [], 2000)
  others = others.filter(({ label }) => open.has(label))
}
answer([...found, ...others.map(({ label }) => label)])
process.stdout.write('', () => process.exit())
`

/** Cells in which what was found is not what a table says: `a reaches b`, `a does not reach b`. */
export const wrongCells = (
  expected: Readonly<Record<string, readonly string[]>>,
  found: Readonly<Record<string, readonly string[]>>,
): string[] =>
  [...new Set([...Object.keys(expected), ...Object.keys(found)])].sort().flatMap((from) => {
    const [should, does] = [expected[from] ?? [], found[from] ?? []]
    return [
      ...does.filter((label) => !should.includes(label)).map((label) => `${from} reaches ${label}`),
      ...should.filter((label) => !does.includes(label)).map((label) => `${from} does not reach ${label}`),
    ]
  })
