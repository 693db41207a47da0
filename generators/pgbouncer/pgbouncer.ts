import { type Artifact, header } from '../../src/artifact.ts'
import type { PgBouncerInfo } from '../../src/fleet/catalog.ts'
import { poolerPaths } from '../../src/fleet/container-paths.ts'
import { poolerRole } from '../../src/fleet/roles.ts'
import type { Fleet, Service } from '../../src/fleet/types.ts'
import type { Generator } from '../generator.ts'
import { connectionValue, iniKey, iniValue, lineComment } from '../quote.ts'
import { render as renderShared } from './connection-pools.conf.hbs'
import { type KeyGroup, key } from './key.ts'
import { loopbackKeys } from './loopback-keys.ts'
import { render as renderPooler } from './pgbouncer.ini.hbs'
import { sharedKeys } from './shared-keys.ts'

const sharedFile = 'connection-pools.conf'

export const pgbouncer: Generator = {
  name: 'pgbouncer',
  summary: 'Configuration of the PgBouncer in front of each server, and the part that all poolers share',
  generate: (fleet) => (fleet.target.pooler && fleet.services.length > 0 ? filesOf(fleet) : []),
}

/** What a pgbouncer.ini has beside the service's own: in containers a file to include, elsewhere the keys themselves. */
type Place = {
  readonly include: string
  readonly groups: readonly KeyGroup[]
  /** Address of the server. */
  readonly host: string
  /** How the role that looks passwords up logs in. */
  readonly authBy: string
}

function filesOf({ catalogs, pgbouncerVersion, services, target }: Fleet): Artifact[] {
  const known = catalogs.pgbouncer[pgbouncerVersion]
  if (!known) throw new Error(`no catalogue of PgBouncer ${pgbouncerVersion}`)
  const file = { kind: 'ini', mode: 0o644 } as const
  const place = target.name === 'embedded' ? beside : inContainers
  const poolers = services.map((service) => ({
    ...file,
    path: `infrastructure/pgbouncer/${service.key}/pgbouncer.ini`,
    content: poolerPart(service, place(service), known),
  }))
  if (target.name === 'embedded') return poolers
  return [{ ...file, path: `infrastructure/postgres/${sharedFile}`, content: sharedPart(known) }, ...poolers]
}

const inContainers = ({ host }: Service): Place => ({
  include: `${poolerPaths.shared}/${sharedFile}`,
  groups: [],
  host,
  authBy: "with the pooler's certificate",
})

const beside = (service: Service): Place => ({
  include: '',
  groups: loopbackKeys(service),
  host: service.paths.socket,
  authBy: 'by the operating system user of the pooler',
})

/** A key that the declared version does not know would keep it from starting. */
const knownKeys = <T extends { readonly name: string }>(keys: readonly T[], known: PgBouncerInfo): T[] =>
  keys.filter(({ name }) => Object.hasOwn(known.keys, name))

const knownGroups = (groups: readonly KeyGroup[], known: PgBouncerInfo): KeyGroup[] =>
  groups.map(({ title, keys }) => ({ title, keys: knownKeys(keys, known) }))

const sharedPart = (known: PgBouncerInfo): string => renderShared({ header, groups: knownGroups(sharedKeys, known) })

function poolerPart({ summary, database, listenPort, pool }: Service, place: Place, known: PgBouncerInfo): string {
  const server = {
    host: place.host,
    port: listenPort,
    dbname: database,
    pool_size: pool.size,
    // 1.24 renamed it as the global key is called, and still takes the old name.
    [known.databaseKeys.includes('reserve_pool_size') ? 'reserve_pool_size' : 'reserve_pool']: pool.reserve,
    max_db_connections: pool.size + pool.reserve + pool.authSize,
  }
  const values = Object.entries(server).map(([name, value]) => `${name}=${connectionValue(String(value))}`)
  return renderPooler({
    header,
    title: lineComment(summary === '' ? pool.host : `${pool.host}: ${summary}`),
    pool,
    database: `${iniKey(database)} = ${iniValue(values.join(' '))}`,
    authUser: `${iniKey(poolerRole)} = max_user_connections=${pool.authSize}`,
    authBy: place.authBy,
    include: place.include,
    groups: knownGroups(place.groups, known),
    keys: knownKeys(
      [
        key('auth_dbname', database, 'the lookup function is in the database itself'),
        key('pool_mode', pool.mode, 'when a server connection is given back'),
        key('max_client_conn', pool.maxClients, 'clients at the same time; the next one is told so'),
      ],
      known,
    ),
  })
}
