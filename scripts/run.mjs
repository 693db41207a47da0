// Runs one of this project's TypeScript programs: node scripts/run.mjs scripts/catalog.ts [args]
import { mkdirSync, rmSync } from 'node:fs'
import { basename } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { bundleOptions } from './bundle.mjs'

const root = fileURLToPath(new URL('..', import.meta.url))
const [file, ...args] = process.argv.slice(2)
if (!file) throw new Error('usage: node scripts/run.mjs FILE.ts [args]')
// Inside the project, so that packages are found.
const folder = `${root}node_modules/.cache/pgfleet-run`
mkdirSync(folder, { recursive: true })
const outfile = `${folder}/${basename(file, '.ts')}-${process.pid}.mjs`
await build({ ...bundleOptions(root), entryPoints: [file], outfile, sourcemap: 'inline' })
process.argv = [process.argv[0], file, ...args]
process.on('exit', () => rmSync(outfile, { force: true }))
await import(outfile)
