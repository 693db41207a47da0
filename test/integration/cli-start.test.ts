import { readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { afterEach, beforeAll, describe, expect, test } from 'vitest'
import { bundle, folderOf, installCli, oneService, pgfleet, run } from '../support/cli.ts'

installCli()

const dist = dirname(bundle)
const cacheName = () => readdirSync(dist).find((name) => name.startsWith('code-cache-')) ?? ''

describe('the compiled code that the build leaves', () => {
  let cache: Buffer
  beforeAll(() => {
    cache = readFileSync(join(dist, cacheName()))
  })
  afterEach(() => {
    for (const name of readdirSync(dist)) if (name.startsWith('code-cache-')) rmSync(join(dist, name))
    writeFileSync(join(dist, `code-cache-${process.versions.v8}`), cache)
  })

  /** Counts on the error output what V8 took and what it refused. */
  const counting = `import vm from 'node:vm'
    const counts = { taken: 0, refused: 0 }
    vm.Script = class extends vm.Script {
      constructor(source, options) {
        super(source, options)
        if (options.cachedData) counts[this.cachedDataRejected ? 'refused' : 'taken']++
      }
    }
    process.on('exit', () => process.stderr.write(JSON.stringify(counts)))`
  const counted = async () => {
    const { code, err } = await pgfleet(['--version'], { before: counting })
    return { code, ...(JSON.parse(err) as { taken: number; refused: number }) }
  }

  test('is taken by V8', async () => {
    const { code, taken, refused } = await counted()
    expect({ code, refused }).toEqual({ code: 0, refused: 0 })
    expect(taken).toBeGreaterThan(2)
  })

  test('is refused by a V8 with other flags, and the program runs', async () => {
    const { code, out, err } = await run(
      process.execPath,
      ['--no-opt', '--import', `data:text/javascript,${encodeURIComponent(counting)}`, bundle, '--version'],
      { cwd: dist },
    )
    expect({ code, out, taken: JSON.parse(err).taken }).toEqual({ code: 0, out: '0.1.0\n', taken: 0 })
  })

  test.each<[string, (file: string) => void]>([
    ['missing', (file) => rmSync(file)],
    ['of another V8', (file) => renameSync(file, join(dist, 'code-cache-1.2.3'))],
    ['empty', (file) => writeFileSync(file, '')],
    ['cut short', (file) => writeFileSync(file, cache.subarray(0, cache.length / 2))],
    ['cut within its index', (file) => writeFileSync(file, cache.subarray(0, 100))],
    ['something else', (file) => writeFileSync(file, 'no cache at all')],
  ])('can be %s', async (_, change) => {
    change(join(dist, cacheName()))
    const folder = folderOf({ 'services.yaml': oneService() })
    expect(await pgfleet(['validate', '--json'], { in: folder })).toMatchObject({ code: 0, err: '' })
  })
})

test('what a slow reader has not taken yet is not lost', async () => {
  const services = Array.from({ length: 100 }, (_, index) => `  s${index}: { port: ${6000 + index}, memory: 1GiB, cpus: 0.1, bogus: 1 }`)
  const folder = folderOf({
    'services.yaml': `version: 1\nfleet: large\nhost: { memory: 1TiB, cpus: 64, disk: 100TiB, storage: ssd }\nservices:\n${services.join('\n')}\n`,
  })
  const direct = await pgfleet(['validate', '--json'], { in: folder })
  const slow = await run('sh', ['-c', `"${process.execPath}" "${bundle}" validate --json | { sleep 1; cat; }`], { cwd: folder })
  // More than a pipe holds: https://man7.org/linux/man-pages/man7/pipe.7.html
  expect(direct.out.length).toBeGreaterThan(65_536)
  expect(slow.out).toBe(direct.out)
})
