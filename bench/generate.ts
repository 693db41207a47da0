// npm run bench: how long a cold `pgfleet generate` takes, against a bare Node and against itself at other sizes.
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { writeLargeFleet } from './large-fleet.ts'
import { inTurn, median, printRatio, type Run, runNode } from './measure.ts'

/** Files in memory: the disk of the machine is not what is measured. */
const memoryFolder = existsSync('/dev/shm') ? '/dev/shm' : tmpdir()
const cli = resolve('dist/pgfleet.js')
const folder = mkdtempSync(join(memoryFolder, 'pgfleet-bench-'))
const env = { PGFLEET_CACHE: join(folder, 'cache') }
const seconds = (runs: readonly Run[]) => median(runs.map((run) => run.seconds))
const shown = (value: number) => `${(value * 1000).toFixed(0)} ms`

/** A generate into an empty folder: everything is written. */
const generate =
  (services: string, out: string, warm: boolean, memory = false) =>
  async () => {
    rmSync(out, { recursive: true, force: true })
    if (!warm) rmSync(env.PGFLEET_CACHE, { recursive: true, force: true })
    return runNode([cli, 'generate', services, '--out', out], { env, memory })
  }

try {
  const nine = resolve('services.yaml')
  const small = await inTurn(15, {
    bare: () => runNode(['-e', '0']),
    warm: generate(nine, join(folder, 'nine'), true),
    unchanged: () => runNode([cli, 'generate', nine, '--out', join(folder, 'nine')], { env }),
  })
  const cold = await inTurn(7, { bare: () => runNode(['-e', '0']), cold: generate(nine, join(folder, 'nine'), false) })
  printRatio(
    'nine services, SQL facts cached / bare node',
    seconds(small.warm) / seconds(small.bare),
    3,
    `${shown(seconds(small.warm))} / ${shown(seconds(small.bare))}`,
  )
  printRatio(
    'nine services, nothing changed / bare node',
    seconds(small.unchanged) / seconds(small.bare),
    3,
    shown(seconds(small.unchanged)),
  )
  printRatio(
    'nine services, no SQL facts / bare node',
    seconds(cold.cold) / seconds(cold.bare),
    6,
    `${shown(seconds(cold.cold))} / ${shown(seconds(cold.bare))}`,
  )

  for (const size of [1000, 10000]) writeLargeFleet(join(folder, `fleet-${size}`), size)
  writeLargeFleet(join(folder, 'fleet-rich'), 1000, 'rich')
  const at = (size: number, memory = false) =>
    generate(join(folder, `fleet-${size}`, 'services.yaml'), join(folder, `out-${size}`), true, memory)
  const rich = generate(join(folder, 'fleet-rich', 'services.yaml'), join(folder, 'out-rich'), true)
  const large = await inTurn(5, { nine: generate(nine, join(folder, 'nine'), true), plain: at(1000), rich })
  // Plain ones take eight lines of services.yaml each, rich ones 13: what more they ask for is not held against the limit.
  for (const [kind, most] of [
    ['plain', 8],
    ['rich', undefined],
  ] as const)
    printRatio(
      `1,000 ${kind} services / nine`,
      seconds(large[kind]) / seconds(large.nine),
      most,
      `${shown(seconds(large[kind]))} / ${shown(seconds(large.nine))}`,
    )
  const huge = await inTurn(2, { thousand: at(1000), tenThousand: at(10000, true) })
  printRatio(
    'per service at 10,000 / at 1,000',
    seconds(huge.tenThousand) / 10 / seconds(huge.thousand),
    1.3,
    `${shown(seconds(huge.tenThousand))} / ${shown(seconds(huge.thousand))}`,
  )
  const peak = Math.max(...huge.tenThousand.map((run) => run.megabytes))
  printRatio('peak memory at 10,000 services, GB', peak / 1000, 1, `${peak.toFixed(0)} MB`)
} finally {
  rmSync(folder, { recursive: true, force: true })
}
