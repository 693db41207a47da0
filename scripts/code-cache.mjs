// Compiles the fleet of this repository with a bundle, and leaves in it what V8 has compiled on the way. An invalid services.yaml is no
// failure: then there is less of it.
import { mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const [dist, main, name] = process.argv.slice(2)
const { load, codeCache } = createRequire(import.meta.url)(join(dist, 'load-chunk.js'))
const folder = mkdtempSync(join(tmpdir(), 'pgfleet-code-cache-'))
const services = fileURLToPath(new URL('../services.yaml', import.meta.url))
process.env.PGFLEET_CACHE = join(folder, 'cache')
process.argv = [process.execPath, 'pgfleet', 'generate', services, '--out', join(folder, 'out')]
process.on('exit', () => {
  for (const chunk of readdirSync(dist)) if (/^(?:up|review)-/.test(chunk)) load(chunk)
  rmSync(folder, { recursive: true, force: true })
  const beside = join(dist, `${name}.${process.pid}.new`)
  writeFileSync(beside, codeCache())
  renameSync(beside, join(dist, name))
  process.exitCode = 0
})
load(main)
