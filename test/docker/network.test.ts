// Who reaches whom: from each container's place only what the tables below say, nothing outside, and nothing on the host beyond the bind address.
import { createServer } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { sideBySide } from '../../src/runtime/side-by-side.ts'
import { docker } from '../support/docker.ts'
import { describeDocker, project } from '../support/docker-fleet.ts'
import { startApplications } from '../support/docker-network-applications.ts'
import { dotted, listeners, openToOthers } from '../support/docker-network-listeners.ts'
import { containersIn, databaseTargets, gatewayTargets, reachedFrom, wrongCells } from '../support/docker-network-matrix.ts'
import { canMakeOutside, type Outside, outside } from '../support/docker-network-outside.ts'

const databases = [
  'users',
  'trading',
  'market-data',
  'signals',
  'payments',
  'notifications',
  'risk',
  'education',
  'content-intelligence',
] as const

/** Which databases each application uses: the poolers of these answer it, and nothing else does. */
const uses: Readonly<Record<string, readonly string[]>> = {
  'api-gateway': ['users'],
  'user-management': ['users'],
  trading: ['trading', 'market-data'],
  'market-data': ['market-data'],
  signals: ['signals', 'market-data'],
  payments: ['payments'],
  notifications: ['notifications'],
  risk: ['risk', 'trading', 'market-data'],
  education: ['education'],
  'content-intelligence': ['content-intelligence'],
}

/** In the network of the database are the server, its pooler and ops; in that of the application the pooler and who uses it. */
const server = (key: string) => `postgres-${key} at ${key}-database`
const pooler = (key: string, network: 'database' | 'application') => `pgbouncer-${key} at ${key}-${network}`

/** Seen from a machine that knows the way back to every container. */
const wayOut = canMakeOutside ? ['the outside'] : []

/** By position. Servers and poolers are on the edge, too, where nobody reaches anybody: see reachedFrom for the names there. */
const expected: Readonly<Record<string, readonly string[]>> = {
  ...Object.fromEntries(
    Object.entries(uses).map(([name, keys]) => [
      name,
      [...keys.flatMap((key) => [`pgbouncer-${key}`, pooler(key, 'application')]), ...wayOut],
    ]),
  ),
  ...Object.fromEntries(databases.map((key) => [`postgres-${key}`, [pooler(key, 'database')]])),
  ...Object.fromEntries(databases.map((key) => [`pgbouncer-${key}`, [server(key)]])),
  ops: databases.flatMap((key) => [`postgres-${key}`, server(key), `pgbouncer-${key}`, pooler(key, 'database')]),
  'a neighbour on the edge': [],
}

const ports = [5432, 5433, 5434, 5435, 5436, 5437, 5438, 5439, 5440, 6432, 6433, 6434, 6435, 6436, 6437, 6438, 6439, 6440]

type Position = Awaited<ReturnType<typeof containersIn>>[number]

describeDocker('the networks', () => {
  let stopApplications: (() => Promise<void>) | undefined
  let neighbour: { readonly remove: () => Promise<string> } | undefined
  let positions: Position[]
  let far: Outside | undefined
  const positionOf = (service: string) => positions.find((position) => position.service === service)!
  const networkOf = (name: string) => `${project.prefix}_${name}`

  /** Of the fleet as far as Docker knows, so that what a killed run leaves is removed with it. */
  const labels = (service: string) => [
    '--label',
    `com.docker.compose.project=${project.prefix}`,
    '--label',
    `com.docker.compose.service=${service}`,
  ]

  /** Starts a container that does nothing, in one network. */
  const stranger = async (service: string, network: string) => {
    const image = (await docker(['inspect', '--format', '{{.Image}}', networkOf('ops')])).trim()
    const options = ['--detach', '--init', ...labels(service), '--network', networkOf(network), '--entrypoint', 'sleep']
    const id = (await docker(['run', ...options, image, 'infinity'])).trim()
    return { id, remove: () => docker(['rm', '--force', id]) }
  }

  /** What is reached from these positions now. */
  const found = async (from: readonly Position[]): Promise<Record<string, string[]>> => {
    const targets = [...databaseTargets(await containersIn(project)), ...(await gatewayTargets(project, ports))]
    if (far) targets.push({ label: 'the outside', host: far.address, port: far.port, datagrams: true })
    const reached: Record<string, string[]> = {}
    await sideBySide(from, 8, async (position) => {
      reached[position.service] = await reachedFrom(project, position, targets, expected[position.service] ?? [])
    })
    return reached
  }
  const only = (...services: string[]) => Object.fromEntries(services.map((service) => [service, expected[service]!]))

  /** With a container in a network where it does not belong. */
  const joined = async <T>(network: string, { name }: Position, work: () => Promise<T>): Promise<T> => {
    await docker(['network', 'connect', networkOf(network), name])
    return work().finally(() => docker(['network', 'disconnect', networkOf(network), name]))
  }

  /** Where a container sends what is for none of its networks (column 3 of route(5) in proc). */
  const gatewaysOf = async ({ name }: Position): Promise<string[]> => {
    const lines = (await docker(['exec', name, 'cat', '/proc/net/route'])).trim().split('\n').slice(1)
    return lines
      .map((line) => line.split('\t'))
      .filter(([, , gateway]) => gateway !== '00000000')
      .map(([, , gateway]) => dotted(gateway!))
  }

  beforeAll(async () => {
    if (canMakeOutside) far = await outside(project)
    stopApplications = await startApplications(project, Object.keys(uses))
    neighbour = await stranger('a neighbour on the edge', 'edge')
    positions = await containersIn(project)
  })
  afterAll(async () => {
    await neighbour?.remove()
    await stopApplications?.()
    far?.close()
  })

  test('each container reaches what the tables say, and nothing else', async () => {
    expect(positions.map(({ service }) => service).sort()).toEqual(Object.keys(expected).sort())
    expect(wrongCells(expected, await found(positions))).toEqual([])
  })

  test('an application in a network where it does not belong is found, with exactly what it reaches there', async () => {
    const education = positionOf('education')
    const cells = async () => wrongCells(only('education'), await found([education]))
    expect(await joined('payments-database', education, cells)).toEqual([
      'education reaches pgbouncer-payments',
      'education reaches pgbouncer-payments at payments-database',
      'education reaches postgres-payments',
      'education reaches postgres-payments at payments-database',
    ])
    expect(await joined('users-application', education, cells)).toEqual([
      'education reaches pgbouncer-users',
      'education reaches pgbouncer-users at users-application',
    ])
    expect(await cells()).toEqual([])
  })

  test('so is a server, and whoever reaches it then', async () => {
    const users = positionOf('postgres-users')
    const from = ['postgres-users', 'postgres-trading', 'pgbouncer-trading']
    const cells = async () => wrongCells(only(...from), await found(from.map(positionOf)))
    expect(await joined('trading-database', users, cells)).toEqual([
      'pgbouncer-trading reaches postgres-users at trading-database',
      'postgres-trading reaches postgres-users at trading-database',
      'postgres-users reaches pgbouncer-trading at trading-database',
      'postgres-users reaches postgres-trading at trading-database',
    ])
    expect(await cells()).toEqual([])
  })

  test('no server and no pooler has a route that leads anywhere but into its networks', async () => {
    const routes = await sideBySide(
      positions.filter(({ service }) => /^(postgres|pgbouncer)-/.test(service)),
      4,
      gatewaysOf,
    )
    expect(routes).toHaveLength(18)
    // Nobody has this address: see the edge in the compose file.
    expect(new Set(routes.flat())).toEqual(new Set([`${project.subnetBase}.128.30`]))
  })

  test.skipIf(!canMakeOutside)('nothing leaves a server, a pooler or ops, not even a datagram; an application has a way out', () => {
    expect(far!.datagrams()).toEqual(Object.keys(uses).sort())
  })

  test.skipIf(!canMakeOutside)('on a network like the edge, but with a default route to the host, all would get out', async () => {
    const option = (key: string) => ['--opt', `com.docker.network.bridge.${key}=false`]
    const options = [...option('enable_icc'), ...option('enable_ip_masquerade'), '--subnet', `${project.subnetBase}.251.0/28`]
    await docker(['network', 'create', ...labels('leak'), ...options, networkOf('leak')])
    try {
      const { remove } = await stranger('leak', 'leak')
      const leak = (await containersIn(project)).filter(({ service }) => service === 'leak')
      expect(wrongCells({}, await found(leak).finally(remove))).toEqual(['leak reaches the outside'])
    } finally {
      await docker(['network', 'rm', networkOf('leak')])
    }
    expect(far!.datagrams()).toContain('leak')
  })

  test('on the host, the ports are open on the bind address alone', async () => {
    const here = listeners().filter(({ address }) => address === project.bind)
    expect(ports.filter((port) => !here.some((listener) => listener.port === port))).toEqual([])
    expect(openToOthers(ports)).toEqual([])
  })

  test('a port that is open on another address of the host is found', async () => {
    // The host's own address on the edge.
    const address = `${project.subnetBase}.128.1`
    const stray = createServer()
    await new Promise<void>((done) => stray.listen(5432, address, done))
    expect(openToOthers(ports)).toEqual([`${address}:5432`])
    const cells = wrongCells(only('postgres-risk'), await found([positionOf('postgres-risk')]))
    await new Promise((done) => stray.close(done))
    expect(cells).toEqual(['postgres-risk reaches gateway of edge, port 5432'])
  })
})
