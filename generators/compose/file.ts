import { header } from '../../src/artifact.ts'
import { opsHost, opsVolumes } from '../../src/fleet/container-names.ts'
import type { Fleet } from '../../src/fleet/types.ts'
import { lineComment } from '../quote.ts'
import { printYaml } from '../yaml.ts'
import { application } from './application.ts'
import { container } from './containers.ts'
import { type Image, poolerImage, serverImages } from './images.ts'
import { networks } from './networks.ts'
import { ops } from './ops.ts'
import { pooler, poolerBase } from './pooler.ts'
import { block, merged, printMap } from './print.ts'
import { server, serverBase, serverEnvironment } from './server.ts'
import { prefix } from './variables.ts'

/** The compose file, and the images it builds. What servers and poolers share stands once, as `x-` blocks that they merge. */
export function composeFile(fleet: Fleet): { text: string; images: readonly Image[] } {
  const poolers = poolerImage(fleet)
  const imageOf = serverImages(fleet)
  function* services() {
    for (const service of fleet.services) {
      const own = server(fleet, service)
      yield [service.host, merged(imageOf(service).anchor, { ...own, environment: merged('server-environment', own.environment) })] as const
      yield [service.pool.host, merged(poolers.anchor, pooler(fleet, service))] as const
    }
    yield [opsHost, ops(fleet)] as const
    for (const each of fleet.applications) yield [each.name, application(fleet, each)] as const
  }
  const images = [...new Set(fleet.services.map(imageOf))].sort((a, b) => (a.anchor < b.anchor ? -1 : 1))
  const head = printYaml({
    name: prefix(fleet),
    'x-container': block('container', container),
    'x-server': block('server', merged('container', serverBase(fleet))),
    'x-server-environment': block('server-environment', serverEnvironment(fleet)),
    ...Object.fromEntries(
      images.map(({ anchor, name, build }) => [`x-${anchor}`, block(anchor, merged('server', { image: name, build }))]),
    ),
    [`x-${poolers.anchor}`]: block(poolers.anchor, merged('container', { ...poolerBase(), image: poolers.name, build: poolers.build })),
  })
  const volumes = printMap(
    'volumes',
    [...fleet.services.map(({ volume }) => volume), ...Object.values(opsVolumes)].map((name) => [name, {}]),
  )
  const text = [comment(fleet), head, printMap('services', services()), printMap('networks', networks(fleet)), volumes].join('\n')
  return { text, images: [...images, poolers] }
}

const comment = (fleet: Fleet): string =>
  [
    header,
    '',
    'up -d starts the databases and their poolers; up -d NAME an application with the poolers it uses. Secrets: pgfleet secrets init.',
    'A second copy beside this one takes other values of PGFLEET_PREFIX, PGFLEET_BIND, PGFLEET_SUBNET_BASE and PGFLEET_SECRETS. Ports are',
    'published to this machine alone, on a loopback address: no container has a way out, so answers to other machines would go nowhere.',
    '',
    ...fleet.services.map(({ key, summary }) => lineComment(summary === '' ? key : `${key}: ${summary}`)),
  ]
    .map((line) => `# ${line}`.trimEnd().concat('\n'))
    .join('')
