// Bundles the CLI into dist/: a few ESM chunks, so that a command loads only what it needs.
import { rmSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { bundleOptions } from './bundle.mjs'

const root = fileURLToPath(new URL('..', import.meta.url))
const outdir = `${root}dist`
rmSync(outdir, { recursive: true, force: true })
const { metafile } = await build({
  ...bundleOptions(root),
  entryPoints: { pgfleet: `${root}src/cli/main.ts` },
  outdir,
  splitting: true,
  metafile: true,
  minifySyntax: true,
  minifyWhitespace: true,
})
if (!process.argv.includes('--quiet')) console.log(`dist/: ${Object.keys(metafile.outputs).length} files`)
