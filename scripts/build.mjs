// Bundles the CLI into dist/, or into the folder that --out names: a few chunks, so that a command loads only what it needs, and what V8
// makes of them (src/cli/load-chunk.cjs).
import { execFileSync } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { basename, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { build, transform } from 'esbuild'
import { bundleOptions } from './bundle.mjs'

const root = fileURLToPath(new URL('..', import.meta.url))
const { values } = parseArgs({ options: { out: { type: 'string', default: `${root}dist` }, quiet: { type: 'boolean' } } })
const outdir = resolve(values.out)
const { version } = JSON.parse(readFileSync(`${root}package.json`, 'utf8'))
const minify = { minifySyntax: true, minifyWhitespace: true }
const options = bundleOptions(root)
const { outputFiles } = await build({
  ...options,
  banner: {},
  entryPoints: { main: `${root}src/cli/main.ts` },
  entryNames: '[name]-[hash]',
  outdir,
  define: { ...options.define, PGFLEET_VERSION: JSON.stringify(version), 'import.meta.url': 'importMetaUrl' },
  splitting: true,
  write: false,
  ...minify,
})
// esbuild splits ES modules only, and Node can give a code cache to scripts only: each chunk becomes CommonJS.
const chunks = await Promise.all(
  outputFiles.map(async ({ path, text }) => {
    const { code } = await transform(text, {
      format: 'cjs',
      platform: 'node',
      target: 'node20.19',
      supported: { 'dynamic-import': false },
      ...minify,
    })
    return [basename(path), code]
  }),
)
const main = chunks.map(([name]) => name).find((name) => name.startsWith('main-'))
const files = new Map([
  ...chunks,
  ['load-chunk.js', readFileSync(`${root}src/cli/load-chunk.cjs`, 'utf8')],
  ['package.json', `${JSON.stringify({ type: 'commonjs' })}\n`],
  // Last: until then, the program is the one that was there.
  ['pgfleet.js', `#!/usr/bin/env node\nrequire('./load-chunk.js').load('${main}')\n`],
])
const cache = `code-cache-${process.versions.v8}`
mkdirSync(outdir, { recursive: true })
const present = new Set(readdirSync(outdir))
const changed = [...files].filter(([name, text]) => !present.has(name) || readFileSync(join(outdir, name), 'utf8') !== text)
// What V8 made of other chunks must not be taken for these, whatever happens below.
if (changed.length > 0) rmSync(join(outdir, cache), { force: true })
for (const [name, text] of changed) {
  const beside = join(outdir, `${name}.${process.pid}.new`)
  writeFileSync(beside, text, { mode: name === 'pgfleet.js' ? 0o755 : 0o644 })
  renameSync(beside, join(outdir, name))
}
if (changed.length > 0 || !present.has(cache))
  try {
    execFileSync(process.execPath, [`${root}scripts/code-cache.mjs`, outdir, main, cache], { stdio: ['ignore', 'ignore', 'pipe'] })
  } catch ({ message, stderr }) {
    const reason = /^\w*Error: .*/m.exec(stderr)?.[0] ?? message
    console.error(`${basename(outdir)}/ has no compiled code, so pgfleet starts more slowly: ${reason}`)
  }
// Chunks of an earlier build go at the end: a build that fails leaves what there was, and who runs meanwhile finds all of its own.
const isOld = (name) => !files.has(name) && name !== cache && !name.endsWith('.new')
for (const name of present) if (isOld(name)) rmSync(join(outdir, name), { recursive: true, force: true })
if (!values.quiet) console.log(`${basename(outdir)}/: ${files.size} files`)
