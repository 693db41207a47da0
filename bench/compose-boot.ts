// npm run bench:compose [-- ROUNDS]: from `docker compose up -d` with empty volumes until a query went through every pool, against as
// many bare containers of the base image, started together, until their first query. In turn; volumes are never there before.
// Volumes are removed at the very end: for minutes after a removal, ext4 is several times slower at making files where the old ones were
// (recently_deleted() in https://github.com/torvalds/linux/blob/master/fs/ext4/ialloc.c), and nobody removes a fleet just before its boot.
import { execFile, execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
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
const bind = '127.0.0.77'
const barePort = 25_600
const file = resolve('out/docker-compose.separated-databases.yml')
const folder = mkdtempSync(join(tmpdir(), 'pgfleet-compose-boot-'))
const secrets = join(folder, 'secrets')
const common: NodeJS.ProcessEnv = {
  ...process.env,
  ...baseImages(),
  PGFLEET_BIND: bind,
  PGFLEET_SUBNET_BASE: '10.177',
  PGFLEET_SECRETS: secrets,
}
const postgresImage = common['PGFLEET_POSTGRES_17_IMAGE'] || 'postgres:17-trixie'
const run = promisify(execFile)
const docker = (...args: string[]) => run('docker', args, { maxBuffer: 2 ** 26 })
const compose = (prefix: string, ...args: string[]) =>
  run('docker', ['compose', '--file', file, ...args], { env: { ...common, PGFLEET_PREFIX: prefix }, maxBuffer: 2 ** 26 })
const bareNames = (prefix: string) => [...logins.keys()].map((service) => `${prefix}_bare_${service}`)
/** A round's: of the copy of the fleet that it boots, and of its bare containers. */
const prefixes = Array.from({ length: rounds }, (_, round) => `pgfleetbench${round}`)
const logins = poolLogins()

try {
  if (loadavg()[0]! > 1)
    console.error(`bench: this machine is busy (load average ${loadavg()[0]!.toFixed(1)}): the figures are not of much use`)
  for (const prefix of prefixes) await remove(prefix)
  for (const prefix of prefixes) await buildImages(prefix)
  const fleets: Boot[] = []
  const bares: Boot[] = []
  for (const prefix of prefixes) {
    fleets.push(await bootFleet(prefix))
    await stop(prefix)
    bares.push(await bootBare(prefix))
    await stop(prefix)
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
} catch (error) {
  const { stderr, message } = error as { stderr?: string; message: string }
  console.error(`bench: ${stderr?.trim().split('\n').at(-1) ?? message}`)
  process.exitCode = 1
} finally {
  for (const prefix of prefixes) await remove(prefix)
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
      env: common,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    })
  pgfleet('init', 'services.yaml', '--secrets', secrets)
  const { urls } = JSON.parse(pgfleet('urls', '--secrets', secrets, '--json')) as { urls: Url[] }
  return urls.filter(({ through }) => through === 'pooler')
}

function poolLogins() {
  const urls = readUrls()
  const ca = readFileSync(join(secrets, 'ca.crt'), 'utf8')
  return new Map(
    urls.map(({ service, role, url }) => {
      const { port, pathname } = new URL(url)
      const password = readFileSync(join(secrets, 'passwords', service, role), 'utf8').trimEnd()
      const ssl = { ca, servername: `pgbouncer-${service}` }
      return [service, { host: bind, port: Number(port), database: pathname.slice(1), user: role, password, ssl }]
    }),
  )
}

/** With the network of the host: that of a build may reach no mirror of Debian. */
async function buildImages(prefix: string): Promise<void> {
  const { stdout } = await compose(prefix, 'config', '--format', 'json')
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

async function bootFleet(prefix: string): Promise<Boot> {
  const begin = performance.now()
  const beganAt = Date.now()
  const since = () => (performance.now() - begin) / 1000
  const up = compose(prefix, 'up', '--detach').then(since)
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
async function bootBare(prefix: string): Promise<Boot> {
  const names = bareNames(prefix)
  const password = 'bench'
  const begin = performance.now()
  const beganAt = Date.now()
  const since = () => (performance.now() - begin) / 1000
  const starts = names.map(async (name, index) => {
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
  const answers = names.map(async (name, index) => {
    const login = { host: bind, port: barePort + index, database: 'postgres', user: 'postgres', password }
    return [name, await answered(login).then(since)] as const
  })
  await Promise.all(starts)
  const ended = since()
  const queries = Object.fromEntries(await Promise.all(answers))
  return { steps: { ...(await stepsOf({ servers: names }, beganAt)), 'command ended': ended }, queries }
}

/** Resolves with the first answer to a query. A pooler whose server is not there yet keeps the client waiting. */
async function answered(login: { readonly host: string; readonly port: number } & ClientConfig): Promise<void> {
  const end = performance.now() + 180_000
  for (;;) {
    // Whole logins, over and over, would take a twentieth of the processor from what is measured.
    while (!(await speaks(login.host, login.port)) && performance.now() < end) await setTimeout(25)
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

/** Whether a server or a pooler answers there: where there is none yet, the engine's proxy takes the connection and hangs up. */
async function speaks(host: string, port: number): Promise<boolean> {
  const socket = connect({ host, port }).on('error', () => {})
  // SSLRequest: https://www.postgresql.org/docs/current/protocol-message-formats.html
  socket.write(Buffer.from([0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f]))
  const answer = new Promise<boolean>((done) => socket.once('data', () => done(true)).once('close', () => done(false)))
  return await answer.finally(() => socket.destroy())
}

/** Ends the containers and leaves the volumes. */
async function stop(prefix: string): Promise<void> {
  await compose(prefix, 'down', '--timeout', '1')
  await docker('rm', '--force', ...bareNames(prefix)).catch(() => {})
}

async function remove(prefix: string): Promise<void> {
  await stop(prefix)
  await compose(prefix, 'down', '--volumes')
  await docker('volume', 'rm', '--force', ...bareNames(prefix))
}

function printPhases(what: string, boots: readonly Boot[]): void {
  const of = (figure: (boot: Boot) => number) => median(boots.map(figure)).toFixed(2)
  const steps = Object.keys(boots[0]!.steps).map((step) => `${step} ${of(({ steps }) => steps[step]!)} s`)
  const queries = ({ queries }: Boot) => Object.values(queries)
  const answers = `first query ${of((boot) => Math.min(...queries(boot)))} to ${of((boot) => Math.max(...queries(boot)))} s`
  console.log(`  ${what}: ${[...steps, answers].join(', ')}`)
}
