import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { fullFleet, fullSql } from '../plan/provenance/full-fleet.ts'
import { folderOf, installCli, pgfleet } from '../support/cli.ts'

installCli()

const conf = 'out/infrastructure/postgres/orders/postgresql.conf'
const init = 'out/infrastructure/postgres/orders-db-init.sql'

let folder: string
beforeAll(async () => {
  folder = folderOf({ 'services.yaml': fullFleet, ...fullSql })
  expect((await pgfleet(['generate'], { in: folder })).code).toBe(0)
})

const lineOf = (file: string, begin: string): number =>
  readFileSync(join(folder, file), 'utf8')
    .split('\n')
    .findIndex((line) => line.trimStart().startsWith(begin)) + 1
const why = (place: string, ...args: string[]) => pgfleet(['why', place, ...args], { in: folder })

describe('why', () => {
  test('shows what a line comes from, where it stands, and what would be with another value', async () => {
    const line = lineOf(conf, 'shared_buffers')
    const { code, out, err } = await why(`${conf}:${line}`)
    expect(out).toBe(`${conf}:${line}
  ${line} | shared_buffers = '2GB'           # a quarter of the memory

influence: it depends on services.orders.memory
  --> services.yaml:19:13
  19 |     memory: 8GiB
     |             ^^^^
  with 16GiB for 8GiB: shared_buffers = '4GB' # a quarter of the memory

the file is there because of
  services.orders --> services.yaml:14:3
`)
    expect({ code, err }).toEqual({ code: 0, err: '' })
  })

  test('a default is where it would be written', async () => {
    const { code, out } = await why('infrastructure/pgbouncer/stock-items/pgbouncer.ini:19')
    expect(out).toContain('value: services.stock-items.pool.mode is not written; its default is transaction\n  --> services.yaml:34:3\n')
    expect(code).toBe(0)
  })

  test('hand-written SQL is named by its line', async () => {
    const line = lineOf(init, 'at timestamptz')
    const { code, out } = await why(`${init}:${line}`)
    expect(out).toContain(
      'sql: it is written by hand in sql/orders/0001-tables.sql:3\n  --> sql/orders/0001-tables.sql:3:3\n  3 |   at timestamptz NOT NULL\n',
    )
    expect(code).toBe(0)
  })

  test('several lines are asked together; as JSON', async () => {
    const line = lineOf(conf, 'shared_buffers')
    const { code, out } = await why(`${conf}:${line}-${line + 5}`, '--json')
    const answer = JSON.parse(out)
    expect(answer).toMatchObject({ file: conf, line, endLine: line + 5, stale: false })
    expect(answer.text).toHaveLength(6)
    const memory = answer.causes.find(({ field }: { field: string }) => field === 'services.orders.memory')
    expect(memory).toEqual({
      kind: 'influence',
      path: ['services', 'orders', 'memory'],
      on: 'value',
      edit: { before: '8GiB', after: '16GiB' },
      becomes: "shared_buffers = '4GB' # a quarter of the memory",
      field: 'services.orders.memory',
      file: 'services.yaml',
      line: 19,
      column: 13,
      endLine: 19,
      endColumn: 17,
    })
    expect(answer.createdBy.map(({ field }: { field: string }) => field)).toEqual(['services.orders'])
    expect(code).toBe(0)
  })

  test('a line that nothing changes is fixed: exit 1', async () => {
    const { code, out } = await why(`${conf}:${lineOf(conf, 'ssl = on')}`)
    expect(out).toContain('fixed by pgfleet: nothing in services.yaml changes it\n\nthe file is there because of\n  services.orders')
    expect(code).toBe(1)
  })

  test.each([
    [`${conf}:9999`, /^error: .*postgresql\.conf has \d+ lines\n {2}help: name one of them, e\.g\. .*postgresql\.conf:\d+\n$/],
    [
      'out/infrastructure/postgres/order/postgresql.conf:1',
      /is not a file that pgfleet generates\n {2}help: did you mean out\/infrastructure\/postgres\/orders\/postgresql\.conf\?\n$/,
    ],
    ['orders/postgresql.conf:1', /did you mean out\/infrastructure\/postgres\/orders\/postgresql\.conf\?\n$/],
    ['services.yaml:1', /services\.yaml is not a file that pgfleet generates\n {2}help: /],
    [conf, /value 'out\/infrastructure\/postgres\/orders\/postgresql\.conf' is invalid for argument 'place'\. Name a line/],
    [`${conf}:0`, /Lines count from 1/],
    [`${conf}:5-4`, /Lines count from 1/],
  ])('%s: exit 2', async (place, message) => {
    const { code, out, err } = await why(place)
    expect(err).toMatch(message)
    expect({ code, out }).toEqual({ code: 2, out: '' })
  })

  test('a stale output is said, and the line found again', async () => {
    const stale = folderOf({ 'services.yaml': fullFleet, ...fullSql })
    await pgfleet(['generate'], { in: stale })
    writeFileSync(join(stale, 'services.yaml'), fullFleet.replace('memory: 8GiB', 'memory: 16GiB'))
    const place = `${conf}:${lineOf(conf, 'shared_buffers')}`
    const { code, out, err } = await pgfleet(['why', place], { in: stale })
    expect(err).toBe(`warning: ${conf} is not what would be generated now; run \`pgfleet generate\`\n`)
    expect(out).toContain("shared_buffers = '4GB'")
    expect(out).toContain('it depends on services.orders.memory')
    expect(code).toBe(0)

    writeFileSync(join(stale, conf), `# by hand\n${readFileSync(join(stale, conf), 'utf8')}`)
    expect(await pgfleet(['why', `${conf}:1`], { in: stale })).toEqual({
      code: 2,
      out: '',
      err: `error: ${conf}:1 would not be generated now\n  help: run \`pgfleet generate\`, and ask again\n`,
    })
  })

  test('from another folder, for another services.yaml', async () => {
    const { code, out } = await pgfleet(['why', `postgresql.conf:${lineOf(conf, 'cluster_name')}`, '../../../../services.yaml'], {
      in: join(folder, 'out/infrastructure/postgres/orders'),
    })
    expect(out).toContain('value: the name of services.orders is in it\n  --> ../../../../services.yaml:14:3\n  14 |   orders:\n')
    expect(code).toBe(0)
  })

  test('findings come first', async () => {
    const broken = folderOf({ 'services.yaml': fullFleet.replace('port: 5434', 'port: 5433'), ...fullSql })
    const { code, out } = await pgfleet(['why', `${conf}:1`], { in: broken })
    expect(out).toContain('[port-taken]')
    expect(code).toBe(1)
  })
})
