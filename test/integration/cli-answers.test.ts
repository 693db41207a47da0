// What the command line answers: explanations, the schedule, and all mistakes of a file at once.
import { describe, expect, test } from 'vitest'
import { folderOf, installCli, oneService, pgfleet } from '../support/cli.ts'

installCli()

test('36 mistakes at once: each once, in order, where it stands', async () => {
  const mistakes = `version: 2
fleet: Demo Fleet
postgres: 14
hots: { memory: 16GiB, cpus: 8 }
host: { memory: 16GB, cpus: "8", disk: 1 TiB, storage: floppy }
roles:
  analytics: { access: readonly, services: [orders, orders] }
  admin: { access: admin, service: all }
services:
  Orders:
    port: 70000
    memory: 2 gigs
    cpus: 0
    pool: { port: "6433", mode: txn, size: -1 }
    extensions: pgaudit
    schemas: [app, app]
    sql: /etc/sql
    settings: [work_mem]
    timeseries: { events: { column: "", chunk: one day } }
    jobs: { tidy: { shedule: "* * * * *", call: x() } }
    retention: { app.events: { colum: at, keep: forever } }
    backup: { class: vital }
    compliance: [gdrp]
  payments:
    port: 5433.5
    workload: olpt
    postgres: "17"
applications:
  shop: { image: "", uses: orders }
`
  const { code, out, err } = await pgfleet(['validate', '--format', 'oneline'], { in: folderOf({ 'services.yaml': mistakes }) })
  expect({ code, err }).toEqual({ code: 1, err: '' })
  const places = [...out.matchAll(/^services\.yaml:(\d+:\d+): error: .*\S; \S.* \[schema\/(\w+)\]$/gm)].map(
    ([, at, keyword]) => `${at} ${keyword}`,
  )
  expect(places).toEqual([
    '1:10 const',
    '2:8 pattern',
    '3:11 enum',
    '4:1 additionalProperties',
    '5:17 pattern',
    '5:29 type',
    '5:40 pattern',
    '5:56 enum',
    '7:24 enum',
    '7:53 uniqueItems',
    '8:27 additionalProperties',
    '10:3 pattern',
    '11:11 maximum',
    '12:13 pattern',
    '13:11 minimum',
    '14:19 type',
    '14:33 enum',
    '14:44 minimum',
    '15:17 type',
    '16:20 uniqueItems',
    '17:10 pattern',
    '18:15 type',
    '19:19 pattern',
    '19:37 minLength',
    '19:48 pattern',
    '20:21 additionalProperties',
    '21:32 additionalProperties',
    '21:49 pattern',
    '22:22 enum',
    '23:18 enum',
    '24:3 required',
    '25:11 type',
    '26:15 enum',
    '27:15 enum',
    '29:18 minLength',
    '29:28 type',
  ])
  expect(out.trimEnd().split('\n')).toHaveLength(36)
})

describe('explain', () => {
  test.each([
    ['a rule', 'port-taken', /^port-taken \(error\)\n[\s\S]*\nFound in:\n[\s\S]*\nFine:\n/],
    ['a switch', 'fsync', /^fsync\n[\s\S]*\n {2}type +on or off\n[\s\S]*\n {2}orders +on \(PostgreSQL's default\)\n$/],
    ['a number', 'max_connections', / type +a whole number from 1 to 262143\n[\s\S]*\n {2}orders +38 \(tuned: 20 pool \+ /],
    [
      'an amount of memory',
      'work_mem',
      / with a unit \(B, kB, MB, GB, TB\); a bare number counts kB\n[\s\S]*\n {2}orders +8MB \(declared; /,
    ],
    [
      'a time',
      'checkpoint_timeout',
      / type +a whole number from 30s to 1d, with a unit \(us, ms, s, min, h, d\); a bare number counts s\n/,
    ],
    ['a word', 'wal_level', / type +one of minimal, replica, logical\n/],
    ['text', 'archive_command', / type +text\n {2}default +empty\n/],
    ['a setting of an extension', 'pgaudit.log', / exists in +the extension pgaudit\n[\s\S]*\n {2}orders +not there\n$/],
    ['a setting of PgBouncer', 'max_client_conn', /\nA setting of PgBouncer\.\n/],
    ['a field', 'pool.size', /^services\.\*\.pool\.size \(services\.yaml\)\n/],
    ['a finding of the first stage', 'yaml/duplicate-key', /^yaml\/duplicate-key\n\nThe first stage of three: /],
    ['a finding of the second stage', 'schema/type', /^schema\/type\n\nThe second stage of three: /],
  ])('%s: %s', async (_, name, expected) => {
    const root = folderOf({ 'services.yaml': oneService('settings: { work_mem: 8MB }\n') })
    const { code, out, err } = await pgfleet(['explain', name], { in: root })
    expect({ code, err }).toEqual({ code: 0, err: '' })
    expect(out).toMatch(expected)
  })

  test.each([
    ['wrok_mem', 'did you mean "work_mem"?'],
    ['port-take', 'did you mean "port-taken"?'],
    ['\x1b[31mnothing', 'name a rule, a setting of PostgreSQL or a field of services.yaml'],
  ])('%j is unknown: exit code 2', async (name, help) => {
    const shown = name.replace('\x1b', '\\u{1b}')
    expect(await pgfleet(['explain', name])).toEqual({ code: 2, out: '', err: `nothing is known about "${shown}": ${help}\n` })
  })

  test('no services.yaml: no values, no complaint; with errors in it, it says why there are none', async () => {
    const [without, broken] = await Promise.all([
      pgfleet(['explain', 'jit'], { in: folderOf({ x: '' }) }),
      pgfleet(['explain', 'jit'], { in: folderOf({ 'services.yaml': oneService('colour: red\n') }) }),
    ])
    expect(without).toEqual({ code: 0, out: expect.stringMatching(/^jit\n/), err: '' })
    const why = '\nservices.yaml has errors, so the values of its services are left out; run `pgfleet validate services.yaml`\n'
    expect(broken).toEqual({ code: 0, out: without.out, err: why })
  })

  test('a FILE that is missing: exit code 3', async () => {
    expect((await pgfleet(['explain', 'jit', 'nope.yaml'])).code).toBe(3)
  })
})

describe('schedule', () => {
  const root = () =>
    folderOf({ 'services.yaml': oneService('schemas: [app]\njobs: { tidy: { schedule: "*/5 * * * *", call: app.tidy() } }\n') })

  test('for people: the next job first, times in UTC', async () => {
    const { code, out, err } = await pgfleet(['schedule', '-n', '2'], { in: root() })
    expect({ code, err }).toEqual({ code: 0, err: '' })
    const [title, first] = out.split('\n')
    expect(title).toMatch(/^NEXT RUN \(UTC\) +SCHEDULE +TASK +WHAT$/)
    expect(first).toMatch(/^(\w{3} \d{4}-\d\d-\d\d \d\d:\d[05](, )?){2} +\*\/5 \* \* \* \* +job-orders-tidy +orders: app\.tidy\(\)$/)
  })

  test('for machines', async () => {
    const { code, out, err } = await pgfleet(['schedule', '--json'], { in: root() })
    expect({ code, err }).toEqual({ code: 0, err: '' })
    const tasks = JSON.parse(out) as { task: { name: string }; runs: string[] }[]
    expect(tasks.map(({ task }) => task.name).sort()).toEqual([
      'backup-daily',
      'backup-monthly',
      'backup-weekly',
      'job-orders-tidy',
      'verify-standard',
    ])
    for (const { runs } of tasks) expect(runs).toEqual([expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:00\.000Z$/)])
  })
})
