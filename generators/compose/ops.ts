import { opsContainerName, opsHost, opsUser, opsVolumes } from '../../src/fleet/container-names.ts'
import { clientMajor, opsPaths } from '../../src/fleet/ops.ts'
import { opsSecrets } from '../../src/fleet/secret-paths.ts'
import type { Fleet } from '../../src/fleet/types.ts'
import { databaseNetwork, runtimeFolder, tmpfs } from './containers.ts'
import { imageVariable } from './images.ts'
import { type Fields, merged } from './print.ts'
import { secretsVolume, sizeText } from './server.ts'
import { address, prefix, variable } from './variables.ts'

/** Debian has the client programs of one major; newer ones are in the official image of theirs. */
const debianClient = 17

/**
 * The container that runs the crontab. It reaches the servers, each in its network, and nothing else. It waits for none: a job whose
 * server is down fails, and is seen to.
 */
export function ops(fleet: Fleet): Fields {
  const major = clientMajor(fleet)
  const base =
    major > debianClient
      ? variable(imageVariable(major), `postgres:${major}-trixie`)
      : variable('PGFLEET_DEBIAN_IMAGE', 'debian:trixie-slim')
  return merged('container', {
    // Built by the pgfleet that made this file. After an update of pgfleet: build ops.
    image: `pgfleet/ops:${prefix(fleet)}-${major}`,
    build: {
      context: variable('PGFLEET_PACKAGE', fromOutput(fleet.ops.package)),
      dockerfile: 'docker/ops.Dockerfile',
      args: { BASE_IMAGE: base, CLIENT: `postgresql-client-${major}` },
    },
    container_name: opsContainerName(prefix(fleet)),
    hostname: opsHost,
    stop_signal: 'SIGTERM',
    stop_grace_period: '30s',
    healthcheck: { test: ['CMD', 'pgfleet-healthy'], interval: '10s', timeout: '5s', retries: 3, start_period: '30s' },
    mem_limit: sizeText(fleet.ops.memory),
    memswap_limit: sizeText(fleet.ops.memory),
    tmpfs: [
      tmpfs('/run', 0, '0755', '1m'),
      tmpfs(runtimeFolder, opsUser, '0700', '1m'),
      tmpfs('/etc/cron.d', 0, '0755', '4m'),
      tmpfs('/tmp', opsUser, '0700', '64m'),
    ],
    networks: Object.fromEntries(
      fleet.services.map(({ key, addresses }) => [databaseNetwork(key), { ipv4_address: address(fleet, addresses.ops) }]),
    ),
    volumes: [
      `.:${opsPaths.home}/out:ro`,
      `${opsVolumes.state}:${opsPaths.state}`,
      `${opsVolumes.backups}:${opsPaths.backups}`,
      secretsVolume(opsSecrets),
    ],
  })
}

/** A folder relative to services.yaml as the compose file sees it: `out/` lies beside services.yaml. */
function fromOutput(folder: string): string {
  if (folder.startsWith('/')) return folder
  return folder === '.' ? '..' : `../${folder}`
}
