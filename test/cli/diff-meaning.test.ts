import { describe, expect, test } from 'vitest'
import { diff, gone, targets, without } from '../support/diff-cli.ts'
import { type Files, hasGit, repository, temporaryFolder, write } from '../support/git-repository.ts'
import { allowSpare, shopFiles as fleet, shop, shopSql } from '../support/review-fleet.ts'

describe('two files', () => {
  const two = (base: Files, head: Files): string =>
    temporaryFolder({
      ...Object.fromEntries(Object.entries(base).map(([path, text]) => [`old/${path}`, text])),
      ...Object.fromEntries(Object.entries(head).map(([path, text]) => [`new/${path}`, text])),
    })
  const files = ['old/services.yaml', 'new/services.yaml']
  const yaml = (options?: Parameters<typeof shop>[0]): Files => ({ 'services.yaml': shop(options) })

  test('each with its SQL', async () => {
    expect(await targets(two(fleet(), fleet(without)), ...files)).toEqual(gone)
    const changed = { ...yaml(), 'sql/orders/0001-items.sql': 'CREATE TABLE orders.items (id bigint PRIMARY KEY, name text);\n' }
    expect((await targets(two(fleet(), changed), ...files)).targets).toEqual(['orders/sql/0001-items.sql'])
  })

  test.each<[string, Files, Files, string]>([
    ['the base', yaml(), fleet(without), 'sql/orders is not there beside old/services.yaml: taken as unchanged'],
    ['the head', fleet(), yaml(without), 'sql/orders is not there beside new/services.yaml: taken as unchanged'],
    ['both', yaml(), yaml(without), 'sql/orders is not there beside old/services.yaml and new/services.yaml: taken as unchanged'],
  ])('without the SQL of %s: taken as unchanged, and said so', async (_, base, head, note) => {
    expect(await targets(two(base, head), ...files)).toEqual({ ...gone, notes: [note] })
    expect((await diff(two(base, head), ...files)).out.replaceAll(/\n +/g, ' ')).toContain(note)
  })

  test('one file is compared with the working tree', async () => {
    const folder = temporaryFolder({ 'old.yaml': shop(), ...fleet(without) })
    expect(await targets(folder, 'old.yaml')).toEqual(gone)
  })

  test('a file and a revision', async () => {
    const { code, err } = await diff(temporaryFolder(fleet()), 'services.yaml', 'HEAD')
    expect(code).toBe(2)
    expect(err).toBe('error: HEAD is not a file, and services.yaml is one [usage]\n  help: Name two files, or two revisions.\n')
  })

  test.skipIf(!hasGit)('a revision and a file', async () => {
    const folder = repository([fleet()])
    write(folder, { 'new.yaml': shop(without) })
    expect(await targets(folder, 'HEAD', 'new.yaml')).toEqual(gone)
  })
})

describe('what counts as a change', () => {
  const files = ['old.yaml', 'new.yaml']
  const compare = (base: string, head: string, ...args: string[]) =>
    diff(temporaryFolder({ 'old.yaml': base, 'new.yaml': head, ...shopSql }), ...files, ...args)

  test.each([
    ['another unit', shop({ memory: '1GiB' }), shop({ memory: '1024MiB' })],
    ['comments and blank lines', shop(), `# why\n\n${shop({ more: '# here\n' })}\n\n# end\n`],
    ['quotes', shop(), shop().replace('fleet: demo', 'fleet: "demo"')],
    ['line ends of Windows', shop(), shop().replaceAll('\n', '\r\n')],
    [
      'the order of keys',
      shop(),
      shop().replace('    memory: 2GiB\n', '').replace('    sql: sql/orders\n', '    sql: sql/orders\n    memory: 2GiB\n'),
    ],
    [
      'anchors',
      shop({ more: 'settings: { work_mem: 8MB, maintenance_work_mem: 8MB }\n' }),
      shop({ more: 'settings: { work_mem: &some 8MB, maintenance_work_mem: *some }\n' }),
    ],
  ])('not: %s', async (_, base, head) => {
    const { code, out, err } = await compare(base, head)
    expect({ code, out }).toEqual({ code: 0, out: 'nothing changes\n' })
    expect(err).toBe('old.yaml -> new.yaml: nothing changes in meaning\n')
  })

  test('a value in its unit, with the ratio', async () => {
    const { out } = await compare(shop(), shop({ memory: '4GiB' }))
    expect(out).toMatch(/^ {2}recreate {2}memory limit +2GiB -> 4GiB +x2$/m)
    expect(out).toMatch(/^ {2}restart {3}shared_buffers +512MB -> 1GB +x2, tuned$/m)
  })

  test('a service under another key with its database and volume: a rename', async () => {
    const kept = shop({ key: 'sales', more: 'database: demo_orders\nvolume: orders-data\n' })
    const { out, code } = await compare(shop(), kept, '--fail-on', 'destroy')
    expect(code).toBe(1)
    expect(out).toMatch(/^ {2}recreate {2}service renamed {2}orders -> sales$/m)
    expect(out).toContain('database demo_orders and volume orders-data stay')
  })

  test('another database: it is destroyed and another made, with the way to move the data', async () => {
    const { out, code } = await compare(shop(), shop({ more: 'database: sales\n' }), '--fail-on', 'destroy')
    expect(code).toBe(4)
    expect(out).toContain('not allowed [database-replaced]')
    expect(out).toContain('pg_dump')
  })
})

describe('--fail-on', () => {
  const run = (base: string, head: string, ...classes: string[]) =>
    diff(temporaryFolder({ 'old.yaml': base, 'new.yaml': head, ...shopSql }), 'old.yaml', 'new.yaml', '--fail-on', ...classes)
  const reload = shop({ more: 'settings: { deadlock_timeout: 2s }\n' })
  const restart = shop({ more: 'settings: { max_wal_senders: 20 }\n' })
  const recreate = shop({ memory: '4GiB' })
  const destroyed = shop(without)
  const security = shop({ more: 'settings: { log_disconnections: on }\n' })

  test.each<[string, string, string[], number]>([
    ['a reload', reload, ['restart', 'recreate', 'destroy', 'security'], 1],
    ['a restart', restart, ['restart'], 4],
    ['a restart', restart, ['recreate', 'destroy', 'security'], 1],
    ['a new container', recreate, ['restart'], 4],
    ['a new container', recreate, ['recreate'], 4],
    ['a new container', recreate, ['destroy', 'security'], 1],
    ['a loss', destroyed, ['restart'], 4],
    ['a loss', destroyed, ['destroy'], 4],
    ['a loss', destroyed, ['security'], 1],
    ['a loss that is permitted', `${destroyed}${allowSpare()}`, ['destroy', 'restart', 'recreate'], 1],
    ['a loss that was permitted until yesterday', `${destroyed}${allowSpare('2026-05-31')}`, ['destroy'], 4],
    ['a loss that is permitted until today', `${destroyed}${allowSpare('2026-06-01')}`, ['destroy'], 1],
    ['a loss where another is permitted', `${destroyed}${allowSpare('2027-01-31', 'orders/schema/orders')}`, ['destroy'], 4],
    ['nothing', shop(), ['restart', 'recreate', 'destroy', 'security'], 0],
  ])('%s', async (_, head, classes, code) => {
    expect((await run(shop(), head, ...classes)).code).toBe(code)
  })

  test('security', async () => {
    const { code, err } = await run(security, shop(), 'security')
    expect(code).toBe(4)
    expect(err).toContain('refused by --fail-on security: orders/setting/log_disconnections\n')
    expect((await run(shop(), security, 'security')).code).toBe(1)
  })

  test('names what met it', async () => {
    const { err } = await run(shop(), destroyed, 'destroy', 'security')
    expect(err).toContain('refused by --fail-on destroy security: orders/schema/spare\n')
  })

  test('a class that is none', async () => {
    const { code, err } = await run(shop(), shop(), 'explosion')
    expect(code).toBe(2)
    expect(err).toContain('Allowed choices are restart, recreate, destroy, security')
  })
})

describe('entries of allow:', () => {
  const run = (head: string) => diff(temporaryFolder({ 'old.yaml': shop(), 'new.yaml': head, ...shopSql }), 'old.yaml', 'new.yaml')

  test.each([
    ['permits', shop({ ...without, top: allowSpare() }), 'allowed: nobody uses it [schema-removed]'],
    [
      'expired',
      shop({ ...without, top: allowSpare('2026-05-31') }),
      'the permission for schema-removed of orders/schema/spare ended on 2026-05-31',
    ],
    [
      'stale',
      shop({ top: allowSpare() }),
      'schema-removed of orders/schema/spare is permitted, and nothing here does that: remove the entry',
    ],
  ])('%s', async (_, head, said) => {
    const { out } = await run(head)
    expect(out.replaceAll(/\n +/g, ' ')).toContain(said)
  })
})

describe.skipIf(!hasGit)('a side that cannot be compiled', () => {
  const broken = shop().replace('memory: 2GiB', 'memory: much')

  test.each([
    ['the head', [shop(), broken], 'HEAD ('],
    ['the base', [broken, shop()], 'HEAD~ ('],
  ])('%s: its findings, with its text', async (_, [base, head], label) => {
    const folder = repository([
      { 'services.yaml': base, ...shopSql },
      { 'services.yaml': head, ...shopSql },
    ])
    write(folder, { 'services.yaml': '# another text\n'.repeat(20) })
    const { code, out, err } = await diff(folder, 'HEAD~', 'HEAD')
    expect(code).toBe(3)
    expect(out).toContain('services.yaml:7:13')
    expect(out).toContain('  7 |     memory: much\n    |             ^^^^\n')
    expect(err).toMatch(new RegExp(`error: ${label.replace('(', '\\(')}[0-9a-f]{8}\\) cannot be compiled: 1 error\n$`))
  })

  test('an error in SQL', async () => {
    const folder = repository([fleet(), { ...fleet(), 'sql/orders/0002-x.sql': 'CREATE TABEL x ();\n' }])
    const { code, out } = await diff(folder, 'HEAD~')
    expect(code).toBe(3)
    expect(out).toContain('sql/orders/0002-x.sql:1:8')
    expect(out).toContain('CREATE TABEL x ();')
  })

  test('bytes that are no text', async () => {
    const garbage = Buffer.from([0xff, 0xfe, 0x00, 0x80, 0x0a, 0x1b])
    const folder = repository([fleet(), { 'services.yaml': garbage }, { 'services.yaml': Buffer.from([0, 1, 2, 27, 91, 50, 74]) }])
    for (const args of [
      ['HEAD~2', 'HEAD~'],
      ['HEAD~', 'HEAD~2'],
    ]) {
      const { code, err } = await diff(folder, ...args)
      expect(code).toBe(3)
      expect(err).toMatch(/^error: services\.yaml of [0-9a-f]{8} is not UTF-8 \[file-encoding\]\n/)
    }
    const { code, out, err } = await diff(folder, 'HEAD~2', 'HEAD')
    expect(code).toBe(3)
    expect(out + err).not.toContain('\u001b')
    write(folder, { 'services.yaml': garbage })
    expect((await diff(folder, 'HEAD')).err).toBe('error: services.yaml is not UTF-8 [file-encoding]\n  help: Save it as UTF-8.\n')
  })

  test('a bomb of aliases', async () => {
    const levels = Array.from({ length: 12 }, (_, index) => `x${index + 1}: &x${index + 1} [${`*x${index},`.repeat(9)}]`)
    const folder = repository([fleet(), { 'services.yaml': `x0: &x0 [a]\n${levels.join('\n')}\n` }])
    const { code, out } = await diff(folder, 'HEAD~', 'HEAD')
    expect(code).toBe(3)
    expect(out.length).toBeLessThan(20_000)
  })

  test('with --json one document of findings', async () => {
    const folder = repository([fleet(), { 'services.yaml': broken }])
    const { code, out } = await diff(folder, 'HEAD~', '--json')
    expect(code).toBe(3)
    expect(JSON.parse(out)).toMatchObject({ findings: [{ file: 'services.yaml', line: 7, column: 13, severity: 'error' }] })
  })
})
