import { nobody } from '../../src/fleet/network.ts'
import type { Fleet, Service } from '../../src/fleet/types.ts'
import { applicationNetwork, applicationsNetwork, databaseNetwork, edgeNetwork } from './containers.ts'
import type { Fields } from './print.ts'
import { address, subnet } from './variables.ts'

/** All networks. Those of the databases have no way out; the edge lets a published port in, and neither neighbours nor answers out. */
export function* networks(fleet: Fleet): Generator<readonly [name: string, fields: Fields]> {
  const { edge } = fleet.network
  yield [
    edgeNetwork,
    {
      driver: 'bridge',
      driver_opts: { 'com.docker.network.bridge.enable_icc': 'false', 'com.docker.network.bridge.enable_ip_masquerade': 'false' },
      // pg_hba.conf names the gateway: what comes through a published port comes from it.
      ipam: { config: [{ subnet: subnet(fleet, edge), gateway: address(fleet, edge.offset + 1), aux_addresses: noWayOut(fleet) }] },
    },
  ]
  if (fleet.applications.length > 0) yield [applicationsNetwork, { driver: 'bridge' }]
  for (const { key, addresses } of fleet.services) {
    yield [databaseNetwork(key), { internal: true, ipam: { config: [{ subnet: subnet(fleet, addresses.database) }] } }]
    yield [applicationNetwork(key), { internal: true, ipam: { config: [applicationRange(fleet, addresses)] } }]
  }
}

/**
 * The default route of the containers leads to an address that nobody has: without masquerading answers would not come back, but packets
 * would still leave. https://pkg.go.dev/github.com/docker/docker/libnetwork/drivers/bridge#pkg-constants
 */
const noWayOut = (fleet: Fleet) => ({ DefaultGatewayIPv4: address(fleet, nobody(fleet.network.edge)) })

/**
 * Applications get addresses from the upper half, so there are seven: none takes the pooler's while that is being replaced or the host
 * starts. Docker would put the gateway there, too.
 */
const applicationRange = (fleet: Fleet, { application }: Service['addresses']) => ({
  subnet: subnet(fleet, application),
  gateway: address(fleet, application.offset + 1),
  ip_range: subnet(fleet, { offset: application.offset + 8, prefix: 29 }),
})
