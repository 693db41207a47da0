import { poolerContainerName, poolerUser } from '../../src/fleet/container-names.ts'
import { poolerPaths } from '../../src/fleet/container-paths.ts'
import { poolerSecrets } from '../../src/fleet/secret-paths.ts'
import { containerPort } from '../../src/fleet/targets.ts'
import type { Fleet, Service } from '../../src/fleet/types.ts'
import { applicationNetwork, databaseNetwork, edgeNetwork, runtimeFolder, tmpfs } from './containers.ts'
import { secretsVolume, sizeText } from './server.ts'
import { address, bindAddress, prefix } from './variables.ts'

/** Files that PgBouncer opens beside its connections: log, sockets, resolver. */
const otherFiles = 100
/** In steps, so that a pool may grow a little without a new container. */
const fileStep = 1024

/** What all poolers have. */
export const poolerBase = () => ({
  // It waits for running queries; SIGTERM would wait for the clients to leave: https://www.pgbouncer.org/usage.html#signals
  stop_signal: 'SIGINT',
  stop_grace_period: '30s',
  healthcheck: { test: ['CMD', 'pgfleet-healthy'], interval: '10s', timeout: '5s', retries: 3, start_period: '30s' },
  tmpfs: [tmpfs(runtimeFolder, poolerUser, '0700', '1m'), tmpfs(poolerPaths.socket, poolerUser, '0700', '1m')],
})

/** What a pooler has of its own. */
export function pooler(fleet: Fleet, service: Service) {
  const { key, pool, host, addresses } = service
  // It reckons with a whole pool for the role of the lookup, too, and warns when it may not open as many.
  const files = Math.ceil((pool.maxClients + 2 * pool.size + pool.reserve + pool.authSize + otherFiles) / fileStep) * fileStep
  const server = address(fleet, addresses.server)
  return {
    container_name: poolerContainerName(prefix(fleet), key),
    hostname: pool.host,
    environment: { PGFLEET_SERVICE: key },
    mem_limit: sizeText(pool.memory),
    memswap_limit: sizeText(pool.memory),
    // With fewer it starts all the same, and lets clients hang.
    ulimits: { nofile: files },
    ports: [`${bindAddress}:${pool.port}:${containerPort}`],
    networks: {
      [databaseNetwork(key)]: { ipv4_address: address(fleet, addresses.pooler) },
      [applicationNetwork(key)]: { ipv4_address: address(fleet, addresses.poolerForApplications) },
      [edgeNetwork]: {},
    },
    // Docker's own answer is kept for ten minutes.
    extra_hosts: { [host]: server },
    volumes: [
      `./infrastructure/pgbouncer/${key}:${poolerPaths.config}:ro`,
      `./infrastructure/postgres:${poolerPaths.shared}:ro`,
      secretsVolume(poolerSecrets(key)),
    ],
    // It tries every second until its server lets it in. Docker looks at the health of a container for the first time after a whole
    // interval: to wait for that would make every first start ten seconds longer.
    depends_on: { [host]: { condition: 'service_started' } },
  }
}
