// npm run bench:compose [-- ROUNDS]: from `docker compose up -d` with empty volumes until a query went through every pool, against as
// many bare containers of the base image, started together, until their first query. In turn; volumes are never there before.
import { execFile, execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { loadavg, tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { performance } from 'node:perf_hooks'
import { setTimeout } from 'node:timers/promises'
import { promisify } from 'node:util'
import { Client, type ClientConfig } from 'pg'
import { median, printRatio } from './measure.ts'

type Url = { readonly service: string; readonly role: string; readonly through: string; readonly url: string }
/** Seconds since the beginning: of each step, when the last container had done it; and of the first query, by service. */
type Boot = { readonly steps: Readonly<Record<string, number>>; readonly queries: Readonly<Record<string, number>> }

const rounds = Number(process.argv[2] ?? 3)
const prefix = 'pgfleetbench'
const bind = '127.0.0.77'
const barePort = 25_600
const file = resolve('out/docker-compose.separated-databases.yml')
const folder = mkdtempSync(join(tmpdir(), 'pgfleet-compose-boot-'))
const secrets = join(folder, 'secrets')
const environment: NodeJS.ProcessEnv = {
  ...process.env,
  ...baseImages(),
  PGFLEET_PREFIX: prefix,
  PGFLEET_BIND: bind,
  PGFLEET_SUBNET_BASE: '10.177',
  PGFLEET_SECRETS: secrets,
}
const postgresImage = environment['PGFLEET_POSTGRES_17_IMAGE'] || 'postgres:17-trixie'
const run = promisify(execFile)
const docker = (...args: string[]) => run('docker', args, { env: environment, maxBuffer: 2 ** 26 })
const compose = (...args: string[]) => docker('compose', '--file', file, ...args)
const bareNames = [...readUrls().keys()].map((index) => `${prefix}_bare_${index}`)

try {
  if (loadavg()[0]! > 1)
    console.error(`bench: this machine is busy (load average ${loadavg()[0]!.toFixed(1)}): the figures are not of much use`)
  await remove()
  const logins = poolLogins()
  await buildImages()
  const fleets: Boot[] = []
  const bares: Boot[] = []
  for (let round = 0; round < rounds; round++) {
    fleets.push(await bootFleet(logins))
    await remove()
    bares.push(await bootBare(logins.size))
    await remove()
  }
  const seconds = (boots: readonly Boot[]) => median(boots.map(({ queries }) => Math.max(...Object.values(queries))))
  const [fleet, bare] = [seconds(fleets), seconds(bares)]
  printRatio(
    `first query through ${logins.size} pools / bare containers`,
    fleet / bare,
    1.5,
    `${fleet.toFixed(2)} s / ${bare.toFixed(2)} s`,
  )
  printPhases('fleet', fleets)
  printPhases('bare', bares)
} finally {
  await remove()
  rmSync(folder, { recursive: true, force: true })
}

/** Names of stand-ins where the real images cannot be had. */
function baseImages(): Record<string, string> {
  const lines = execFileSync('scripts/docker.sh', ['--print-env'], { encoding: 'utf8' }).split('\n')
  return Object.fromEntries(lines.map((line) => line.split('=') as [string, string]).filter(([, value]) => value))
}

/** Of the application through each pool. Makes the secrets. */
function readUrls(): Url[] {
  const pgfleet = (...args: string[]) =>
    execFileSync('node', ['dist/pgfleet.js', 'secrets', ...args], {
      env: environment,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    })
  pgfleet('init', 'services.yaml', '--secrets', secrets)
  const { urls } = JSON.parse(pgfleet('urls', '--secrets', secrets, '--json')) as { urls: Url[] }
  return urls.filter(({ through }) => through === 'pooler')
}

function poolLogins(): Map<string, ClientConfig> {
  const ca = readFileSync(join(secrets, 'ca.crt'), 'utf8')
  return new Map(
    readUrls().map(({ service, role, url }) => {
      const { port, pathname } = new URL(url)
      const password = readFileSync(join(secrets, 'passwords', service, role), 'utf8').trimEnd()
      const ssl = { ca, servername: `pgbouncer-${service}` }
      return [service, { host: bind, port: Number(port), database: pathname.slice(1), user: role, password, ssl }]
    }),
  )
}

/** With the network of the host: that of a build may reach no mirror of Debian. */
async function buildImages(): Promise<void> {
  const { stdout } = await compose('config', '--format', 'json')
  type Built = { image: string; build?: { context: string; dockerfile: string; args?: Record<string, string> } }
  const services = Object.values((JSON.parse(stdout) as { services: Record<string, Built> }).services)
  for (const [image, build] of new Map(services.flatMap(({ image, build }) => (build ? [[image, build] as const] : [])))) {
    const args = Object.entries(build.args ?? {}).flatMap(([name, value]) => ['--build-arg', `${name}=${value}`])
    await docker(
      'build',
      '--quiet',
      '--network',
      'host',
      '--file',
      join(build.context, build.dockerfile),
      '--tag',
      image,
      ...args,
      build.context,
    )
  }
}

async function bootFleet(logins: ReadonlyMap<string, ClientConfig>): Promise<Boot> {
  const begin = performance.now()
  const beganAt = Date.now()
  const since = () => (performance.now() - begin) / 1000
  const up = compose('up', '--detach').then(since)
  const answers = [...logins].map(async ([name, login]) => [name, await answered(login).then(since)] as const)
  const queries = Object.fromEntries(await Promise.all(answers))
  const servers = [...logins.keys()].map((key) => `${prefix}_postgres_${key.replaceAll('-', '_')}`)
  const poolers = [...logins.keys()].map((key) => `${prefix}_pgbouncer_${key.replaceAll('-', '_')}`)
  return { steps: { ...(await stepsOf({ servers, poolers }, beganAt)), 'command ended': await up }, queries }
}

/** What the engine and the logs say, by the clock of this machine. */
async function stepsOf(groups: Readonly<Record<string, readonly string[]>>, beganAt: number): Promise<Record<string, number>> {
  const steps: Record<string, number> = {}
  const last = (times: readonly string[]) => (Math.max(...times.map((time) => Date.parse(time))) - beganAt) / 1000
  for (const [group, names] of Object.entries(groups)) {
    const { stdout } = await docker('inspect', '--format', '{{.Created}} {{.State.StartedAt}}', ...names)
    const times = stdout
      .trim()
      .split('\n')
      .map((line) => line.split(' '))
    steps[`${group} created`] = last(times.map(([created = '']) => created))
    steps[`${group} started`] = last(times.map(([, started = '']) => started))
  }
  const ready = (groups['servers'] ?? []).map(async (name) => {
    const { stdout, stderr } = await docker('logs', '--timestamps', name)
    return /^\S+(?=.*is ready to accept connections)/m.exec((stdout + stderr).split('\n').reverse().join('\n'))?.[0] ?? ''
  })
  return { ...steps, 'servers ready': last(await Promise.all(ready)) }
}

/** As many as there are services, as one starts them by hand: a password, a volume of their own, a published port. */
async function bootBare(count: number): Promise<Boot> {
  const password = 'bench'
  const begin = performance.now()
  const beganAt = Date.now()
  const since = () => (performance.now() - begin) / 1000
  const starts = bareNames.slice(0, count).map(async (name, index) => {
    const options = [
      '--detach',
      '--name',
      name,
      '--publish',
      `${bind}:${barePort + index}:5432`,
      '--volume',
      `${name}:/var/lib/postgresql/data`,
    ]
    await docker('run', ...options, '--env', `POSTGRES_PASSWORD=${password}`, postgresImage)
  })
  const answers = bareNames.slice(0, count).map(async (name, index) => {
    const login = { host: bind, port: barePort + index, database: 'postgres', user: 'postgres', password }
    return [name, await answered(login).then(since)] as const
  })
  await Promise.all(starts)
  const ended = since()
  const queries = Object.fromEntries(await Promise.all(answers))
  return { steps: { ...(await stepsOf({ servers: bareNames.slice(0, count) }, beganAt)), 'command ended': ended }, queries }
}

/** Resolves with the first answer to a query. A pooler whose server is not there yet keeps the client waiting. */
async function answered(login: ClientConfig): Promise<void> {
  const end = performance.now() + 180_000
  for (;;) {
    const client = new Client(login).on('error', () => {})
    try {
      await client.connect()
      await client.query('SELECT 1')
      await client.end()
      return
    } catch (error) {
      client.end().catch(() => {})
      if (performance.now() > end) throw error
      await setTimeout(50)
    }
  }
}

async function remove(): Promise<void> {
  await compose('--project-name', prefix, 'down', '--volumes', '--timeout', '1')
  await docker('rm', '--force', '--volumes', ...bareNames).catch(() => {})
  await docker('volume', 'rm', '--force', ...bareNames)
}

function printPhases(what: string, boots: readonly Boot[]): void {
  const of = (figure: (boot: Boot) => number) => median(boots.map(figure)).toFixed(2)
  const steps = Object.keys(boots[0]!.steps).map((step) => `${step} ${of(({ steps }) => steps[step]!)} s`)
  const queries = ({ queries }: Boot) => Object.values(queries)
  const answers = `first query ${of((boot) => Math.min(...queries(boot)))} to ${of((boot) => Math.max(...queries(boot)))} s`
  console.log(`  ${what}: ${[...steps, answers].join(', ')}`)
}
