// npm run bench:boot: nine healthy databases against one initdb and nine bare server starts, in turn.
import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { bareServers } from './bare-servers.ts'
import { inTurn, median, printRatio, runNode } from './measure.ts'

const folder = mkdtempSync(join(tmpdir(), 'pgfleet-boot-'))
// The servers' user must get in, as into any ordinary project.
chmodSync(folder, 0o755)
const offset = 20_000
try {
  const up = (fresh: boolean) => () =>
    runNode([
      resolve('dist/pgfleet.js'),
      'up',
      resolve('services.yaml'),
      '--once',
      '--state',
      join(folder, 'state'),
      '--port-offset',
      String(offset),
      ...(fresh ? ['--fresh'] : []),
    ])
  const runs = await inTurn(5, { bare: bareServers(join(folder, 'bare'), 9), fresh: up(true), again: up(false) })
  const seconds = (name: keyof typeof runs) => median(runs[name].map((run) => run.output))
  printRatio(
    'nine databases healthy, from nothing / one initdb and nine starts',
    seconds('fresh') / seconds('bare'),
    2,
    `${seconds('fresh').toFixed(2)} s / ${seconds('bare').toFixed(2)} s`,
  )
  printRatio(
    'nine databases healthy, second run / one initdb and nine starts',
    seconds('again') / seconds('bare'),
    2,
    `${seconds('again').toFixed(2)} s`,
  )
} finally {
  rmSync(folder, { recursive: true, force: true })
}
