import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { describe, expect, test } from 'vitest'

/**
 * Who may import whom: the first row whose `of` matches a file holds for it. `ours` are paths of this project, `packages` are those of
 * npm and Node. Type imports count, too.
 */
const layers: { of: RegExp; ours: RegExp; packages: RegExp }[] = [
  { of: /^src\/(diagnostic|artifact)\.ts$/, ours: /^$/, packages: /^$/ },
  { of: /^src\/sha256\.ts$/, ours: /^$/, packages: /^node:crypto$/ },
  { of: /^src\/suggest\.ts$/, ours: /^$/, packages: /^fastest-levenshtein$/ },
  { of: /^schema\//, ours: /^$/, packages: /^$/ },
  {
    of: /^src\/source\//,
    ours: /^(src\/(source\/|diagnostic|suggest|sha256|fleet\/(types|data-types|catalog))|schema\/)/,
    packages: /^(yaml|ajv|libpg-query-\d\d)/,
  },
  { of: /^src\/fleet\//, ours: /^(src\/(fleet\/|diagnostic|suggest)|schema\/)/, packages: /^$/ },
  { of: /^src\/rules\/index\.ts$/, ours: /^src\/(rules\/|fleet\/|diagnostic)/, packages: /^$/ },
  { of: /^src\/rules\//, ours: /^src\/(rules\/rule|fleet\/|diagnostic|suggest)/, packages: /^$/ },
  {
    of: /^src\/(plan|report)\//,
    ours: /^(src\/(plan|report|rules|fleet)\/|src\/(diagnostic|artifact|suggest|sha256)|schema\/)/,
    packages: /^(diff|picocolors|cron-parser)/,
  },
  {
    of: /^src\/compile\.ts$/,
    ours: /^(src\/(source|fleet|rules)\/|src\/(diagnostic|artifact|sha256)|schema\/|generators\/generator)/,
    packages: /^$/,
  },
  { of: /^src\/io\/github\//, ours: /^src\/(io\/(github\/|operation-error)|sha256)/, packages: /^(node:|@octokit\/|yauzl$)/ },
  { of: /^src\/io\//, ours: /^src\/(io\/|source\/sql|artifact|sha256|plan\/|fleet\/)/, packages: /^(node:|pg$|pg-)/ },
  {
    of: /^src\/runtime\/secrets\/authority\.ts$/,
    ours: /^$/,
    packages: /^(node:|@peculiar\/x509$|reflect-metadata$)/,
  },
  { of: /^src\/runtime\//, ours: /^src\/(runtime|io|plan|report|fleet)\/|^src\/(artifact|diagnostic)/, packages: /^(node:|pg$)/ },
  { of: /^src\/cli\//, ours: /^(src\/|generators\/index|schema\/)/, packages: /^(node:|commander|listr2|picocolors|diff|cli-table)/ },
  { of: /^generators\/index\.ts$/, ours: /^generators\//, packages: /^$/ },
  { of: /^generators\//, ours: /^(generators\/(generator|quote|yaml)|src\/(artifact|sha256|fleet\/))/, packages: /^$/ },
]

const files = ['src', 'generators', 'schema']
  .flatMap((folder) => readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((name) => join(folder, name)))
  .filter((name) => name.endsWith('.ts') && !name.endsWith('.d.ts'))

const imports = (text: string): string[] => [...text.matchAll(/(?:from\s+|import\(|^import\s+)'([^']+)'/gm)].map((match) => match[1]!)

/** Breaches of the table by one file, each as `file -> what it imports`. */
function breaches(file: string, text: string): string[] {
  const layer = layers.find(({ of }) => of.test(file))
  if (!layer) return [`${file} is in no layer`]
  const folder = dirname(file)
  return imports(text)
    .filter((specifier) => {
      if (!specifier.startsWith('.')) return !layer.packages.test(specifier)
      const target = normalize(join(folder, specifier))
      return dirname(target) !== folder && !target.startsWith(`${folder}/`)
        ? !layer.ours.test(target)
        : !layer.ours.test(target) && !inOwnGenerator(file, target)
    })
    .map((specifier) => `${file} -> ${specifier}`)
}

/** A generator may use the files of its own folder. */
const inOwnGenerator = (file: string, target: string): boolean =>
  file.startsWith('generators/') && target.startsWith(`${file.split('/').slice(0, 2).join('/')}/`)

describe('imports', () => {
  test.each(files)('%s', (file) => {
    expect(breaches(file, readFileSync(file, 'utf8'))).toEqual([])
  })

  test.each([
    ['src/fleet/x.ts', "import { parse } from 'yaml'"],
    ['src/rules/x.ts', "import { y } from './y.ts'"],
    ['generators/env/x.ts', "import { y } from '../compose/y.ts'"],
    ['generators/env/x.ts', "import { readFile } from 'node:fs/promises'"],
    ['src/report/x.ts', "import { z } from '../io/disk.ts'"],
    ['src/runtime/x.ts', "const z = await import('../cli/context.ts')"],
  ])('a planted breach is seen: %s, %s', (file, text) => {
    expect(breaches(file, text)).toHaveLength(1)
  })
})

describe('effects', () => {
  const impure = /\bconsole\.|\bprocess\.(env|exit|argv|std)|\bDate\.now\(|\bnew Date\(\)|\bMath\.random\(/
  test.each(files.filter((file) => !/^src\/(cli|runtime)\//.test(file)))('%s has no console, environment, clock or chance', (file) => {
    const code = readFileSync(file, 'utf8').replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, '')
    expect(impure.exec(code)?.[0]).toBeUndefined()
  })
})

describe('registries', () => {
  test('every generator folder is registered', () => {
    const folders = readdirSync('generators', { withFileTypes: true }).filter((entry) => entry.isDirectory())
    const index = readFileSync('generators/index.ts', 'utf8')
    expect(folders.length).toBeGreaterThan(0)
    for (const { name } of folders) expect(index).toContain(`from './${name}/${name}.ts'`)
  })

  test('nothing but services.yaml, sql/ and out/ knows the fleet of this repository', () => {
    const name = Object.values({ fleet: /treum/i })[0]!
    expect(files.filter((file) => name.test(readFileSync(file, 'utf8')) && !file.startsWith('schema/'))).toEqual([])
  })
})
