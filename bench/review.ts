// npm run bench:review: how long it takes to say what a change of a thousand services means, against compiling them once.
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { writeLargeFleet } from './large-fleet.ts'
import { inTurn, median, printRatio, type Run, runNode } from './measure.ts'

const cli = resolve('dist/pgfleet.js')
const folder = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'pgfleet-bench-'))
const env = { PGFLEET_CACHE: join(folder, 'cache') }
const seconds = (runs: readonly Run[]) => median(runs.map((run) => run.seconds))

/** Limits: of the whole in seconds, and against one compile. */
const [most, times] = [5, 3]

try {
  for (const kind of ['plain', 'rich'] as const) {
    const fleet = join(folder, kind)
    writeLargeFleet(fleet, 1000, kind)
    const [base, out] = [join(fleet, 'services.yaml'), join(folder, `out-${kind}`)]
    const text = readFileSync(base, 'utf8')
    const edits = { few: 5, all: 1000 }
    for (const [name, count] of Object.entries(edits)) writeFileSync(join(fleet, `${name}.yaml`), edited(text, count))
    const review = (head: string) => () =>
      runNode([cli, 'review', base, '--dry-run', '--base', base, '--head', join(fleet, `${head}.yaml`)], { env })
    const runs = await inTurn(5, {
      compile: () => {
        rmSync(out, { recursive: true, force: true })
        return runNode([cli, 'generate', base, '--out', out], { env })
      },
      few: review('few'),
      all: review('all'),
    })
    const compile = seconds(runs.compile)
    for (const [name, count] of Object.entries(edits)) {
      const taken = seconds(runs[name as keyof typeof edits])
      const shown = `${taken.toFixed(2)} s / ${compile.toFixed(2)} s`
      printRatio(`review of 1,000 ${kind} services, ${count} changed / one generate`, taken / compile, times, shown)
      printRatio(`  of ${most} s`, taken / most, 1, `${taken.toFixed(2)} s`)
    }
  }
} finally {
  rmSync(folder, { recursive: true, force: true })
}

/** The memory of so many services doubled. */
function edited(text: string, count: number): string {
  let left = count
  return text.replace(/\bmemory: (\d+)(MiB|GiB)/g, (whole, size: string, unit: string, at: number) =>
    at > text.indexOf('services:') && left-- > 0 ? `memory: ${Number(size) * 2}${unit}` : whole,
  )
}
