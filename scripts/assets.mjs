// What the source imports and Node cannot load by itself: Handlebars templates and the JSON Schema validator, both compiled
// ahead of time (compiling them at each start costs more than the whole rest of a cold run). Used by esbuild and by vitest.
import { readFileSync } from 'node:fs'
import Ajv from 'ajv'
import standalone from 'ajv/dist/standalone/index.js'
import Handlebars from 'handlebars'

/** Strict: a name the view does not have throws. noEscape: the default escapes for HTML, wrong for every format we print. */
const templateOptions = { strict: true, noEscape: true, knownHelpersOnly: true, explicitPartialContext: true, data: false }

function templateModule(text) {
  return `import Handlebars from 'handlebars/runtime.js'\nexport const render = Handlebars.template(${Handlebars.precompile(text, templateOptions)})\n`
}

/** Annotations beyond draft-07: editors show this text where a pattern does not match, and so do our messages. */
const keywords = ['patternErrorMessage']

function validatorModule(text) {
  const ajv = new Ajv({
    keywords,
    allErrors: true,
    verbose: true,
    strict: true,
    allowUnionTypes: true,
    code: { source: true, esm: true, lines: false },
  })
  return standalone(ajv, ajv.compile(JSON.parse(text)))
}

const kinds = [
  { filter: /\.hbs$/, toModule: templateModule },
  { filter: /\.schema\.json\?validator$/, toModule: validatorModule },
]

/** vitest: a vite plugin that loads the same modules. */
export const viteAssets = {
  name: 'pgfleet-assets',
  enforce: 'pre',
  load(id) {
    const kind = kinds.find(({ filter }) => filter.test(id))
    return kind?.toModule(readFileSync(id.replace(/\?.*$/, ''), 'utf8'))
  },
}

/** esbuild: the same, for the bundle. */
export const esbuildAssets = {
  name: 'pgfleet-assets',
  setup(build) {
    for (const { filter, toModule } of kinds)
      build.onLoad({ filter: new RegExp(filter.source.replace('\\?validator', '')) }, ({ path, suffix }) => {
        if (filter.source.includes('validator') !== (suffix === '?validator')) return
        return { contents: toModule(readFileSync(path, 'utf8')), loader: 'js', resolveDir: process.cwd() }
      })
  },
}
