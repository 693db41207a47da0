// Bundles the CLI into dist/: a few ESM chunks, so that a command loads only what it needs.
import { readFileSync, rmSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { bundleOptions } from './bundle.mjs'

const root = fileURLToPath(new URL('..', import.meta.url))
const outdir = `${root}dist`
const { version } = JSON.parse(readFileSync(`${root}package.json`, 'utf8'))
rmSync(outdir, { recursive: true, force: true })
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
if (!process.argv.includes('--quiet')) console.log(`dist/: ${Object.keys(metafile.outputs).length} files`)
