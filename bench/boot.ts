// npm run bench:boot: nine healthy databases against one initdb and nine bare server starts, in turn.
import { chmodSync, mkdtempSync, renameSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { bareServers } from './bare-servers.ts'
import { inTurn, median, printRatio, runNode } from './measure.ts'

const folder = mkdtempSync(join(tmpdir(), 'pgfleet-boot-'))
// The servers' user must get in, as into any ordinary project.
chmodSync(folder, 0o755)

let states = 0
/** A state folder that was never there. What earlier runs made stays until the end: ext4 is slow for a while after much is deleted. */
const newState = () => join(folder, `state-${++states}`)
const kept = newState()

const up =
  (state: () => string, ...more: string[]) =>
  () =>
    runNode([resolve('dist/pgfleet.js'), 'up', resolve('services.yaml'), '--once', '--state', state(), '--port-offset', '20000', ...more])

/** Each baseline in a new folder, for the same reason. */
const bare = async () => {
  const run = await bareServers(join(folder, 'bare'), 9)()
  renameSync(join(folder, 'bare'), join(folder, `bare-${++states}`))
  return run
}

try {
  const runs = await inTurn(5, { bare, nothing: up(newState), fresh: up(() => kept, '--fresh'), again: up(() => kept) })
  const seconds = (name: keyof typeof runs) => median(runs[name].map((run) => run.output))
  const cases = { nothing: 'from nothing', fresh: 'with --fresh', again: 'on a later run' } as const
  for (const [name, words] of Object.entries(cases) as [keyof typeof cases, string][])
    printRatio(
      `nine databases healthy ${words} / one initdb and nine starts`,
      seconds(name) / seconds('bare'),
      2,
      `${seconds(name).toFixed(2)} s / ${seconds('bare').toFixed(2)} s`,
    )
} finally {
  rmSync(folder, { recursive: true, force: true })
}
