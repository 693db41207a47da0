import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { File } from '../github/fake/git.ts'
import { git, hasGit, repository, temporaryFolder, write } from '../support/git-repository.ts'
import { evidenceOf } from '../support/github-evidence.ts'
import { bodyOf, onGitHub, onlyBody, openPull, push } from '../support/github-review.ts'
import { nasty, nastyFleet, quoted } from '../support/hostile-texts.ts'
import { problemsOf } from '../support/markdown-tree.ts'
import { allowSpare, shopFiles as fleet, shop, shopSql } from '../support/review-fleet.ts'

const stage = onGitHub()
const fork = 'mallory/fleet'
const open = (head: Readonly<Record<string, File>>, more: object = {}) =>
  openPull(stage.fake.state, 7, { base: fleet(), head, fork, ...more })
const run = 'https://github.test/acme/fleet/actions/runs/5'
const ownRun = 'https://github.test/acme/fleet/actions/runs/100'

describe('a fork that drops a schema and claims that all is well', () => {
  const canary = join(temporaryFolder(), 'canary')
  const touch = `touch ${canary}`
  const evil = {
    ...fleet({ schemas: 'orders' }),
    'out/compose.yaml': 'services: {}\n',
    '.github/workflows/review.yml': `on: pull_request_target\njobs: { x: { runs-on: x, steps: [{ run: "${touch}" }] } }\n`,
    '.github/actions/pgfleet/action.yml': `runs: { using: composite, steps: [{ run: "${touch}", shell: bash }] }\n`,
    'package.json': JSON.stringify({ scripts: { prepare: touch, postinstall: touch, generate: touch } }),
    '.npmrc': `script-shell=${canary}\n`,
    'scripts/build.mjs': `import { writeFileSync } from 'node:fs'; writeFileSync(${JSON.stringify(canary)}, '')\n`,
    'sql/orders/.psqlrc': `\\! ${touch}\n`,
    'sql/orders/deeper/0001-x.sql': 'DROP DATABASE demo_orders;\n',
    'sql/other/0001-x.sql': 'DROP DATABASE demo_orders;\n',
  }

  test('is told to destroy, is not allowed, and its record is unverified', async () => {
    const pull = open(evil)
    stage.leaveEvidence(evidenceOf(evil['services.yaml']))
    const { code } = await stage.review(pull)
    expect(code).toBe(0)
    const body = onlyBody(pull)
    expect(body.split('\n', 1)[0]).toBe('### ⛔ Not allowed: destroys data of `orders`')
    expect(body).toContain('✅ **Unverified**: booted')
    expect(stage.fake.state.statuses.map(({ state }) => state)).toEqual(['failure'])
    expect([...pull.labels]).toEqual(['pgfleet:destroy'])
    expect(existsSync(canary)).toBe(false)
  })

  test('nothing of it is read but services.yaml and the SQL that it names', async () => {
    await stage.review(open(evil))
    const { state, requests } = stage.fake
    const asked = requests.filter(({ operation }) => operation === 'git/get-blob').map(({ url }) => url.split('/').at(-1)!)
    const read = asked.map((sha) => state.blobs.get(sha)!.toString())
    expect(new Set(read)).toEqual(new Set([shop(), evil['services.yaml'], shopSql['sql/orders/0001-items.sql']]))
    expect(requests.filter(({ operation }) => /contents|archive|tarball/.test(operation))).toEqual([])
  })

  test('nothing of it is written to this machine', async () => {
    const before = readdirSync(stage.folder)
    await stage.review(open(evil))
    expect(readdirSync(stage.folder).filter((name) => !before.includes(name) && !name.startsWith('step-'))).toEqual([])
  })

  test('an entry of allow: that it writes itself is shown to who reviews', async () => {
    const pull = open(fleet({ schemas: 'orders', top: allowSpare() }))
    await stage.review(pull)
    expect(onlyBody(pull)).toMatch(/^### 🔴 Destroys data of `orders` \(allowed\)\n/)
    expect(onlyBody(pull)).toContain('nobody uses it')
  })
})

describe('sources that are no plain small files', () => {
  const levels = Array.from({ length: 12 }, (_, index) => `x${index + 1}: &x${index + 1} [${`*x${index},`.repeat(9)}]`)
  test.each<[string, Readonly<Record<string, File>>, string]>([
    [
      'a symlink',
      { 'services.yaml': { mode: '120000', content: '/proc/self/environ' } },
      'services.yaml is a symlink: only plain files and folders are read',
    ],
    [
      'a symlinked folder of SQL',
      { 'services.yaml': shop(), 'sql/orders': { mode: '120000', content: '/etc' } },
      'sql/orders is a symlink',
    ],
    ['a submodule', { 'services.yaml': shop(), sql: { mode: '160000', content: '' } }, 'sql is a submodule'],
    [
      '2 MiB of YAML',
      { 'services.yaml': `${shop()}#${'x'.repeat(2 * 1024 ** 2)}` },
      'services.yaml has `2097348` bytes, more than `1048576`',
    ],
    ['a bomb of aliases', { 'services.yaml': `x0: &x0 [a]\n${levels.join('\n')}\n` }, 'does not compile'],
    [
      '3,000 SQL files',
      {
        'services.yaml': shop(),
        ...Object.fromEntries(Array.from({ length: 3000 }, (_, index) => [`sql/orders/${index}.sql`, `SELECT ${index};`])),
      },
      '3000 files are more than 2000',
    ],
    ['bytes that are no text', { 'services.yaml': Buffer.from([0xff, 0xfe, 0, 0x80, 0x1b]) }, 'services.yaml is not UTF-8'],
    ['a folder', { 'services.yaml/x': '' }, 'services.yaml is a folder'],
  ])('%s: the comment says so', async (_, head, message) => {
    const pull = open(head)
    const { code, out, err } = await stage.review(pull)
    expect(code).toBe(0)
    const body = onlyBody(pull)
    expect(body).toMatch(/^### ❌ `services.yaml` does not compile: \d+ errors?\n/)
    expect(body).toContain(message)
    expect(problemsOf(body)).toEqual([])
    expect(Buffer.byteLength(pull.comments[0]!.body)).toBeLessThan(60_000)
    expect(stage.fake.state.statuses.map(({ state }) => state)).toEqual(['failure'])
    expect(`${out}${err}${body}`).not.toContain('PATH=')
    expect(stage.fake.count('git/get-blob')).toBeLessThan(10)
  })
})

describe('texts that would like to act', () => {
  test.each([nasty.slice(0, 9), nasty.slice(9, 16), nasty.slice(16)].map((some) => some.join(' ')))('%j in what compiles', async (text) => {
    const pull = openPull(stage.fake.state, 7, { base: fleet(), head: nastyFleet(text, '3GiB'), fork })
    const { out, err, summary } = await stage.review(pull)
    const body = onlyBody(pull)
    expect(body).toMatch(/^### 🔴 Destroys data of `orders` \(allowed\)\n/)
    expect([...problemsOf(body, [run, ownRun]), ...problemsOf(summary, [run, ownRun])]).toEqual([])
    for (const { body } of pull.reviewComments) expect(problemsOf(bodyOfInline(body))).toEqual([])
    expect(commandsOf(out + err).filter((line) => !isAnnotation(line))).toEqual([])
  })

  test.each<[string, string]>([
    ['names of fields', `services: { orders: { port: 5433, ${nasty.map((text) => `${quoted(text)}: 1`).join(', ')} } }`],
    ['names of services', `services: { ${nasty.map((text) => `${quoted(text)}: { port: 5433, memory: 1GiB }`).join(', ')} }`],
    ['values', nasty.map((text) => `${quoted(text)}: ${quoted(text)}`).join('\n')],
    ['names of schemas', `services: { orders: { port: 5433, memory: 1GiB, schemas: [${nasty.map(quoted).join(', ')}] } }`],
    [
      'settings',
      `services: { orders: { port: 5433, memory: 1GiB, settings: { ${nasty.map((text) => `${quoted(text)}: ${quoted(text)}`).join(', ')} } } }`,
    ],
    ['YAML that is none', nasty.join('\n')],
  ])('%s that are refused', async (_, text) => {
    const lines = ['version: 1', 'fleet: demo', 'host: { memory: 16GiB, cpus: 8, disk: 1TiB, storage: ssd }', text]
    const pull = open({ 'services.yaml': `${lines.join('\n')}\n` })
    const { out, err, summary } = await stage.review(pull)
    const body = onlyBody(pull)
    expect(body).toMatch(/^### ❌ `services.yaml` does not compile/)
    expect([...problemsOf(body), ...problemsOf(summary)]).toEqual([])
    for (const { body } of pull.reviewComments) expect(problemsOf(bodyOfInline(body))).toEqual([])
    expect(commandsOf(out + err).filter((line) => !isAnnotation(line))).toEqual([])
  })

  test('lines of SQL that would end a fence, beside one that changes', async () => {
    const sql = (size: number) => ({
      ...fleet(),
      'sql/orders/0002-note.sql': `COMMENT ON TABLE orders.items IS '\n\`\`\`\n</details>\n@acme/admins <img src=x>\n~~~\n${size}\n\`\`\`\`\`\n::error::x\n';\n`,
    })
    const pull = openPull(stage.fake.state, 7, { base: sql(1), head: sql(2), fork })
    await stage.review(pull)
    const body = onlyBody(pull)
    expect(body).toContain('\n @acme/admins <img src=x>\n')
    expect(problemsOf(body)).toEqual([])
  })

  test('the name of the branch', async () => {
    const ref = "x`@acme/admins<img/src=x>|#1\u202e$(touch/canary)'::error::-->"
    const pull = open(fleet({ memory: '3GiB' }))
    pull.head.ref = ref
    const { out, err, summary } = await stage.review(pull)
    expect([...problemsOf(onlyBody(pull)), ...problemsOf(summary)]).toEqual([])
    expect(onlyBody(pull)).toContain('@acme/admins')
    expect(commandsOf(out + err)).toEqual([])
  })

  test('names of SQL files', async () => {
    const sql = nasty.map((text, index) => [`sql/orders/${1000 + index}-${text.replaceAll('/', '∕')}.sql`, 'CREATE TABEL x ();'])
    const pull = open({ ...fleet(), ...Object.fromEntries(sql) })
    const { out, err, summary } = await stage.review(pull)
    expect(onlyBody(pull)).toContain('does not compile: 48 errors')
    expect([...problemsOf(onlyBody(pull)), ...problemsOf(summary)]).toEqual([])
    expect(commandsOf(out + err).filter((line) => !isAnnotation(line))).toEqual([])
  })
})

const bodyOfInline = (body: string): string => body.slice(body.indexOf('\n') + 1)
/** One of ours: nothing in its properties ends them. */
const isAnnotation = (line: string): boolean =>
  /^::(error|warning) file=[^,:]+,line=\d+,endLine=\d+,col=\d+(,endColumn=\d+)?,title=[\w/-]+::/.test(line) ||
  /^::notice::\d+ more /.test(line)
/** Lines that a log of Actions takes for commands. */
const commandsOf = (text: string): string[] => text.split(/\r?\n/).filter((line) => /^\s*::.*::/.test(line) || line.includes('##['))

describe('annotations', () => {
  test('a name with everything that separates', async () => {
    const { out } = await stage.review(open({ ...fleet(), 'sql/orders/0002-a,b:c%d\ne.sql': 'CREATE TABEL x ();' }))
    expect(out.trimEnd().split('\n')).toEqual([
      expect.stringMatching(
        /^::error file=sql\/orders\/0002-a%2Cb%3Ac%25d%0Ae\.sql,line=1,endLine=1,col=1,endColumn=1,title=sql-numbering::0002-a,b:c%25d%0Ae\.sql is not named /,
      ),
      expect.stringMatching(
        /^::error file=sql\/orders\/0002-a%2Cb%3Ac%25d%0Ae\.sql,line=1,endLine=1,col=8,endColumn=13,title=sql-syntax::PostgreSQL 17 cannot parse 0002-a,b:c%25d%0Ae\.sql: /,
      ),
    ])
  })

  test('ten of a kind, and how many more there are', async () => {
    const services = Array.from({ length: 25 }, (_, index) => `  s${index}: { port: ${5433 + index}, memory: much }\n`).join('')
    const head = `version: 1\nfleet: demo\nhost: { memory: 16GiB, cpus: 8, disk: 1TiB, storage: ssd }\nservices:\n${services}`
    const { out } = await stage.review(open({ 'services.yaml': head }))
    const lines = out.trimEnd().split('\n')
    expect(lines.filter((line) => line.startsWith('::error '))).toHaveLength(10)
    expect(lines.at(-1)).toBe('::notice::15 more errors in the summary of this job')
  })
})

describe('secrets', () => {
  const values = [
    'hunter2-Ω/+=&%',
    'p4ssw0rd-of-the-owner',
    '-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASC\n-----END PRIVATE KEY-----',
  ]
  const forms = values.flatMap((value) => [
    value,
    Buffer.from(value).toString('base64'),
    encodeURIComponent(value),
    JSON.stringify(value).slice(1, -1),
  ])
  const secretsOf = (all: readonly string[]) => ({
    'secrets/services/orders/owner.password': all[0],
    'secrets/fleet/monitor.password': all[1],
    'secrets/ca/ca.key': all[2],
    '.env': `PGPASSWORD=${all[0]}\n`,
  })

  test.skipIf(!hasGit)('the same change beside other secrets is the same comment, and none of them is anywhere', async () => {
    const bodies: string[] = []
    const said: string[] = []
    for (const all of [values, values.map((value) => [...value].reverse().join('')), ['', 'x'.repeat(5000), '']]) {
      const folder = repository([fleet()])
      write(folder, { ...secretsOf(all), 'services.yaml': shop({ schemas: 'orders' }) })
      git(folder, 'config', 'core.excludesFile', '/dev/null')
      const local = await stage.cli(['--dry-run'], { in: folder, env: { PGPASSWORD: all[0] } })
      said.push(local.err)
      bodies.push(local.out)
    }
    expect(new Set(bodies).size).toBe(1)
    for (const form of forms) expect([...bodies, ...said].join('\n')).not.toContain(form)
  })

  test('in the folder of the step, and in its environment', async () => {
    write(stage.folder, secretsOf(values))
    const pull = open(fleet({ schemas: 'orders' }))
    const ran = await stage.review(pull, [], { env: { PGPASSWORD: values[0]!, SOME_SECRET: values[1]! } })
    const all = [ran.out, ran.err, ran.summary, ...stage.fake.requests.map((request) => JSON.stringify(request))].join('\n')
    for (const form of forms) expect(all).not.toContain(form)
  })

  test('the token is in no answer, summary or comment', async () => {
    const pull = open(fleet({ schemas: 'orders' }))
    stage.fake.faults.push({
      operation: 'repos/create-commit-status',
      answer: { status: 403, body: { message: 'no', documentation_url: 'x' } },
    })
    await stage.review(pull)
    push(stage.fake.state, pull, fleet(), fleet({ memory: '3GiB' }))
    await stage.review(pull, [], { run: [101, 1] })
    expect(pull.comments.map(({ body }) => bodyOf(body)).join('')).not.toContain('ghs_')
  })
})
