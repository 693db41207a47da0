import { serverContainerName, serverUser } from '../../src/fleet/container-names.ts'
import { secretsMount, serverSecrets } from '../../src/fleet/secret-paths.ts'
import { sharedMemorySize } from '../../src/fleet/shm.ts'
import type { Bytes, Fleet, Service } from '../../src/fleet/types.ts'
import { composeText } from '../quote.ts'
import { databaseNetwork, dataVolume, edgeNetwork, runtimeFolder, serverShared, tmpfs } from './containers.ts'
import { address, bindAddress, prefix, secretsFolder, subnetBase } from './variables.ts'

/** Docker counts processor time in periods; a limit in whole processors is refused where the host has fewer. */
const cpuPeriod = 100_000

/** What all servers have. */
export const serverBase = (fleet: Fleet) => {
  const paths = fleet.target.paths('')
  const file = (name: string) => ['-c', `${name}_file=${paths.config}/${name === 'config' ? 'postgresql' : `pg_${name}`}.conf`]
  return {
    // The image's own pg_hba.conf lets everybody in who has a password.
    command: ['postgres', ...file('config'), ...file('hba'), ...file('ident')],
    stop_signal: 'SIGINT',
    // The last checkpoint writes all that is in shared_buffers.
    stop_grace_period: '5m',
    healthcheck: { test: ['CMD', 'pgfleet-healthy'], interval: '10s', timeout: '5s', retries: 6, start_period: '5m' },
    cpu_period: cpuPeriod,
    tmpfs: [
      tmpfs(runtimeFolder, serverUser, '0700', '1m'),
      tmpfs(paths.socket, serverUser, '0775', '1m'),
      tmpfs('/tmp', serverUser, '0700', '64m'),
    ],
  }
}

export const serverEnvironment = (fleet: Fleet) => ({
  PGFLEET_SUBNET_BASE: subnetBase(fleet),
  PGFLEET_DECLARED_SUBNET_BASE: fleet.network.base,
  // The kernel kills a backend before the postmaster: https://www.postgresql.org/docs/current/kernel-resources.html#LINUX-MEMORY-OVERCOMMIT
  PG_OOM_ADJUST_FILE: '/proc/self/oom_score_adj',
  PG_OOM_ADJUST_VALUE: '300',
})

/** What a server has of its own. */
export function server(fleet: Fleet, service: Service) {
  const { key, major, memory, cpus, port, addresses, host, database, volume } = service
  return {
    container_name: serverContainerName(prefix(fleet), key),
    hostname: host,
    environment: {
      PGFLEET_SERVICE: key,
      PGFLEET_DATABASE: composeText(database),
    },
    mem_limit: sizeText(memory),
    // No swap: the memory proof is about memory.
    memswap_limit: sizeText(memory),
    shm_size: sizeText(sharedMemorySize(service)),
    cpu_quota: Math.round(cpus * cpuPeriod),
    ports: [`${bindAddress}:${port}:${service.listenPort}`],
    networks: { [databaseNetwork(key)]: { ipv4_address: address(fleet, addresses.server) }, [edgeNetwork]: {} },
    volumes: [
      `${volume}:${dataVolume(major)}`,
      `./infrastructure/postgres/${key}:${service.paths.config}:ro`,
      `./infrastructure/postgres:${serverShared}:ro`,
      secretsVolume(serverSecrets(key)),
    ],
  }
}

/** The folder of secrets must exist: Docker would make an empty one that belongs to root. */
export const secretsVolume = (folder: string) => ({
  type: 'bind',
  source: `${secretsFolder}/${folder}`,
  target: secretsMount,
  read_only: true,
  bind: { create_host_path: false },
})

/** Bytes as Compose reads them: `8g` is 8 GiB. */
export function sizeText(bytes: Bytes): string {
  for (const [unit, power] of [
    ['g', 30],
    ['m', 20],
    ['k', 10],
  ] as const)
    if (bytes % 2 ** power === 0) return `${bytes / 2 ** power}${unit}`
  return `${bytes}b`
}
