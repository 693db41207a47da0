// npm run bench:boot: how long until all databases are healthy, against one initdb and bare starts of the same servers, in turn.
import { execFileSync } from 'node:child_process'
import { chmodSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { bareServers } from './bare-servers.ts'
import { inTurn, median, printRatio, type Run, runNode } from './measure.ts'

const folder = mkdtempSync(join(tmpdir(), 'pgfleet-boot-'))
// The servers' user must get in, as into any ordinary project.
chmodSync(folder, 0o755)

let states = 0
/** A state folder that was never there. What earlier runs made stays until the end: ext4 is slow for a while after much is deleted. */
const newState = () => join(folder, `state-${++states}`)

/** What the runs before have left to write, and to take down, would slow the next one down. */
const writeBack = () => execFileSync('sh', ['-c', 'sync; sleep 0.5'])

const up =
  (state: () => string, ...more: string[]) =>
  () => {
    writeBack()
    return runNode([
      resolve('dist/pgfleet.js'),
      'up',
      resolve('services.yaml'),
      '--once',
      '--state',
      state(),
      '--port-offset',
      '20000',
      ...more,
    ])
  }

/** Each baseline in a new folder, for the same reason. */
const bare = (settings: readonly string[]) => async () => {
  writeBack()
  const run = await bareServers(join(folder, 'bare'), settings)()
  renameSync(join(folder, 'bare'), join(folder, `bare-${++states}`))
  return run
}

/** The postgresql.conf of each service: a server with more memory takes longer to start, whoever starts it. */
async function generatedSettings(): Promise<string[]> {
  const out = join(folder, 'out')
  await runNode([resolve('dist/pgfleet.js'), 'generate', resolve('services.yaml'), '--target', 'embedded', '--out', out])
  const services = join(out, 'infrastructure/postgres')
  const folders = readdirSync(services, { withFileTypes: true }).filter((entry) => entry.isDirectory())
  return folders.map(({ name }) => readFileSync(join(services, name, 'postgresql.conf'), 'utf8'))
}

try {
  const settings = await generatedSettings()
  const baselines = { same: bare(settings), defaults: bare(settings.map(() => '')) }
  // In an order of their own: --fresh deletes, and ext4 is slow to make files for half a minute after that.
  const kept = newState()
  const first = await inTurn(5, { ...baselines, nothing: up(newState) })
  const later = await inTurn(5, { ...baselines, fresh: up(() => kept, '--fresh'), again: up(() => kept) })
  const seconds = (runs: readonly Run[]) => median(runs.map((run) => run.output))
  const cases = [
    ['from nothing', first.nothing, first],
    ['with --fresh', later.fresh, later],
    ['on a later run', later.again, later],
  ] as const
  for (const [words, runs, { same, defaults }] of cases)
    printRatio(
      `${settings.length} databases healthy ${words} / one initdb and as many starts with these settings`,
      seconds(runs) / seconds(same),
      2,
      `${seconds(runs).toFixed(2)} s / ${seconds(same).toFixed(2)} s; with PostgreSQL's own settings ${seconds(defaults).toFixed(2)} s`,
    )
} finally {
  rmSync(folder, { recursive: true, force: true })
}
