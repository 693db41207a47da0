// npm run check: the quick truth. All steps run, side by side where they may; what failed is printed whole at the end.
import { spawn } from 'node:child_process'
import { availableParallelism } from 'node:os'

const build = ['bundle', 'npm', 'run', '-s', 'build']
const steps = [
  ['types', 'npx', 'tsc'],
  ['lint', 'npx', 'biome', 'check', '.'],
  ['schema types fresh', 'npm', 'run', '-s', 'schema', '--', '--check'],
  ['out/ fresh', 'node', 'dist/pgfleet.js', 'generate', '--check'],
  ['docs fresh', 'npm', 'run', '-s', 'docs', '--', '--check'],
  ['dead code', 'npx', 'knip'],
  ['unit tests', 'npx', 'vitest', 'run', '--project', 'unit', '--maxWorkers=2'],
]

const run = ([name, command, ...args]) =>
  new Promise((resolve) => {
    const start = Date.now()
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, CI: '1' } })
    let output = ''
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (data) => (output += data))
    child.on('close', (code) => {
      console.log(`${code === 0 ? 'ok    ' : 'FAILED'} ${((Date.now() - start) / 1000).toFixed(1).padStart(5)} s  ${name}`)
      resolve({ name, code, output })
    })
  })

const results = [await run(build)]
const queue = [...steps]
await Promise.all(
  Array.from({ length: Math.min(2, availableParallelism()) }, async () => {
    for (let step = queue.shift(); step; step = queue.shift()) results.push(await run(step))
  }),
)
const failed = results.filter(({ code }) => code !== 0)
for (const { name, output } of failed) console.log(`\n== ${name}\n${output}`)
process.exitCode = failed.length ? 1 : 0
