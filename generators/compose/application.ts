import { applicationSecrets } from '../../src/fleet/secret-paths.ts'
import type { Application, Fleet } from '../../src/fleet/types.ts'
import { composeText } from '../quote.ts'
import { applicationNetwork, applicationsNetwork } from './containers.ts'
import { secretsVolume } from './server.ts'

/** An application: it reaches the poolers of the services it uses, and no server. */
export function application(fleet: Fleet, { name, image, uses }: Application) {
  const used = fleet.services.filter(({ key }) => uses.includes(key))
  return {
    image: composeText(image),
    // A plain `up` leaves it out; `up NAME` starts it and the poolers it needs.
    profiles: ['applications'],
    env_file: [`./env/${name}.env`],
    restart: 'unless-stopped',
    security_opt: ['no-new-privileges:true'],
    networks: [applicationsNetwork, ...uses.map(applicationNetwork)],
    volumes: [secretsVolume(applicationSecrets(name))],
    // A pooler is healthy before its server is.
    depends_on: Object.fromEntries(
      used.flatMap(({ host, pool }) => [host, pool.host]).map((name) => [name, { condition: 'service_healthy' }]),
    ),
  }
}
