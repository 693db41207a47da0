// npm run bench:pools [-- SERVICE]: through the pool against past it, on one service of a compose fleet that runs. TLS and SCRAM on both
// sides, the same role, the same client in the same place: the network of the pooler, from where the server lets that role in directly.
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { build } from 'esbuild'
import { median } from './measure.ts'
import type { Figures, Order, Way } from './pool-client.ts'

type Url = { readonly service: string; readonly role: string; readonly through: string; readonly url: string }

const key = process.argv[2] ?? 'users'
const prefix = process.env['PGFLEET_PREFIX'] || 'treum'
const secrets = resolve(process.env['PGFLEET_SECRETS'] || 'secrets')
const pooler = `${prefix}_pgbouncer_${key.replaceAll('-', '_')}`
const rounds = 5
const sizes = { seconds: 2, staying: 20, coming: 8, crowd: 500 }

const inspect = (container: string, format: string): string =>
  spawnSync('docker', ['inspect', '--format', format, container], { encoding: 'utf8' }).stdout?.trim() ?? ''

// The client is run in the image of ops, which has Node.
for (const container of [pooler, `${prefix}_ops`])
  if (inspect(container, '{{.State.Running}}') !== 'true') {
    console.error(`bench: no container ${container} runs: \`pgfleet up --runtime compose\` first (PGFLEET_PREFIX names another copy)`)
    process.exit(3)
  }

const folder = mkdtempSync(join(tmpdir(), 'pgfleet-pools-'))
try {
  const client = await clientIn(folder)
  const login = loginOf()
  const figures: Record<Way, Figures[]> = { direct: [], pooled: [] }
  // The first round warms up, and is not counted. They take turns, so that a machine that slows down slows both.
  for (let round = 0; round <= rounds; round++)
    for (const way of ['direct', 'pooled'] as const) {
      await closeServerConnections()
      const found = measure(client, { ...sizes, login, way, host: way === 'direct' ? `postgres-${key}` : `pgbouncer-${key}` })
      if (round > 0) figures[way].push(found)
    }
  printRates(`${sizes.staying} clients that stay`, figures, ({ staying }) => staying)
  printRates(`${sizes.coming} clients that connect for each transaction`, figures, ({ coming }) => coming)
  printCrowd(figures)
} finally {
  rmSync(folder, { recursive: true, force: true })
}

async function clientIn(folder: string): Promise<string> {
  const outfile = join(folder, 'client.mjs')
  const banner = "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url)"
  await build({
    entryPoints: ['bench/pool-client.ts'],
    bundle: true,
    platform: 'node',
    format: 'esm',
    external: ['pg-native'],
    banner: { js: banner },
    outfile,
  })
  return outfile
}

function loginOf(): Order['login'] {
  const text = execFileSync('node', ['dist/pgfleet.js', 'secrets', 'urls', key, '--json'], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  const { role, url } = (JSON.parse(text).urls as Url[]).find(({ service, through }) => service === key && through === 'pooler')!
  const password = readFileSync(join(secrets, 'passwords', key, role), 'utf8').trimEnd()
  return { database: new URL(url).pathname.slice(1), user: role, password }
}

/** What the pool keeps open would be missing to those who connect directly. */
async function closeServerConnections(): Promise<void> {
  const console = (command: string) => {
    const login = ['-h', '/run/pgbouncer', '-p', '5432', '-U', 'pgbouncer', 'pgbouncer']
    return execFileSync('docker', ['exec', '--user', '6432', pooler, 'psql', '-XAtq', ...login, '-c', command], { encoding: 'utf8' })
  }
  console('RECONNECT')
  while (console('SHOW SERVERS') !== '') await setTimeout(100)
}

function measure(client: string, order: Order): Figures {
  const mounts = [`${client}:/client.mjs:ro`, `${join(secrets, 'services', key, 'pooler', 'tls')}:/run/tls:ro`]
  const options = ['--rm', '--interactive', '--user', '0:0', '--network', `container:${pooler}`, '--entrypoint', 'node']
  const volumes = mounts.flatMap((mount) => ['--volume', mount])
  const image = inspect(`${prefix}_ops`, '{{.Image}}')
  const out = execFileSync('docker', ['run', ...options, ...volumes, image, '/client.mjs'], {
    input: JSON.stringify(order),
    encoding: 'utf8',
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  return JSON.parse(out)
}

function medianOf(figures: readonly Figures[], value: (figures: Figures) => number): number {
  return median(figures.map(value))
}

function printRates(what: string, { pooled, direct }: Record<Way, Figures[]>, value: (figures: Figures) => number): void {
  const [through, past] = [medianOf(pooled, value), medianOf(direct, value)]
  const rates = `${through.toFixed(0)}/s / ${past.toFixed(0)}/s`
  console.log(`${what}, pooled / direct: ${(through / past).toFixed(2)}  ${rates} (transactions, medians of ${rounds})`)
}

function printCrowd({ pooled, direct }: Record<Way, Figures[]>): void {
  const answered = (figures: readonly Figures[]) => medianOf(figures, ({ crowd }) => crowd.answered)
  const text = (figures: readonly Figures[]) =>
    `${answered(figures)} of ${sizes.crowd} in ${medianOf(figures, ({ crowd }) => crowd.seconds).toFixed(2)} s`
  const ratio = (answered(pooled) / answered(direct)).toFixed(2)
  console.log(
    `${sizes.crowd} clients at once, pooled / direct: ${ratio}  ${text(pooled)} / ${text(direct)} (answered, medians of ${rounds})`,
  )
  for (const [way, [first]] of Object.entries({ pooled, direct }))
    for (const [message, times] of Object.entries(first!.crowd.refusals)) console.log(`  ${way}, refused: ${times} times ${message}`)
}
