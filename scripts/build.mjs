// Bundles the CLI into dist/, or into the folder that --out names: a few ESM chunks, so that a command loads only what it needs.
import { readdirSync, readFileSync, rmSync } from 'node:fs'
import { basename, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { build } from 'esbuild'
import { bundleOptions } from './bundle.mjs'

const root = fileURLToPath(new URL('..', import.meta.url))
const { values } = parseArgs({ options: { out: { type: 'string', default: `${root}dist` }, quiet: { type: 'boolean' } } })
const outdir = resolve(values.out)
const { version } = JSON.parse(readFileSync(`${root}package.json`, 'utf8'))
const { metafile } = await build({
  ...bundleOptions(root),
  entryPoints: { pgfleet: `${root}src/cli/main.ts` },
  outdir,
  define: { PGFLEET_VERSION: JSON.stringify(version) },
  splitting: true,
  metafile: true,
  minifySyntax: true,
  minifyWhitespace: true,
})
// Chunks of an earlier build go last: a build that fails leaves what there was, and who runs meanwhile finds all of its own.
const made = new Set(Object.keys(metafile.outputs).map((file) => basename(file)))
for (const name of readdirSync(outdir)) if (!made.has(name)) rmSync(`${outdir}/${name}`, { recursive: true })
if (!values.quiet) console.log(`${basename(outdir)}/: ${Object.keys(metafile.outputs).length} files`)
