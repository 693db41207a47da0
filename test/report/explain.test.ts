import picocolors from 'picocolors'
import { expect, test } from 'vitest'
import { explain } from '../../src/report/explain.ts'
import { rules } from '../../src/rules/index.ts'
import { fleetOf, smallFleet } from '../support/fleet.ts'

const plain = picocolors.createColors(false)
const fleet = await fleetOf(smallFleet('extensions: [pgaudit]\nsettings: { work_mem: 8MB }'))

const text = async (word: string) => {
  const { known, text } = await explain(word, fleet, plain)
  expect(known).toBe(true)
  return text
}

test('a setting: what it is, what a change takes, its value on each server and why', async () => {
  expect((await text('work_mem')).replace(/be [0-9]+kB/, 'be NkB')).toBe(`work_mem

Sets the maximum memory to be used for query workspaces. (Resource Usage / Memory)

  type       a whole number from 64kB to 2147483647kB, with a unit (B, kB, MB, GB, TB); a bare number counts kB
  default    4MB
  a change   needs a reload; each session can also change it for itself
  exists in  PostgreSQL 15 to 18

In this fleet:

  orders  8MB (declared; tuned would be NkB)
`)
})

test.each([
  ['max_connections', ['a change   needs a restart of the server', 'orders  38 (tuned: ']],
  ['io_method', ['one of sync, worker, io_uring (io_uring: debian build only)', 'exists in  PostgreSQL 18 only', 'orders  not there']],
  ['wal_compression', ['one of pglz, lz4, zstd, on, off (lz4, zstd: debian build only)']],
  ['pgaudit.log', ['exists in  the extension pgaudit', 'orders  ddl, role']],
  [
    'port',
    ['owned      pgfleet sets it: it follows from the port of the service; set `port` of the service', 'orders  5432 (set by pgfleet: '],
  ],
  ['deadlock_timeout', ["orders  1s (PostgreSQL's default)"]],
  ['block_size', ['a change   is not possible: it shows how the server was built or initialised']],
  ['shared_preload_libraries', ['orders  pgaudit (set by pgfleet: ']],
  ['max_client_conn', ['A setting of PgBouncer.', 'exists in  PgBouncer 1.18 to 1.24', 'a change   needs a reload']],
  ['max_prepared_statements', ['exists in  PgBouncer 1.21 to 1.24']],
  ['pool.size', ['services.*.pool.size (services.yaml)', '  default  20']],
  ['services.orders.pool.size', ['services.*.pool.size (services.yaml)']],
  ['backup.daily.keep', ['backup.daily.keep (services.yaml)', '  default  "30 days"']],
])('%s', async (word, parts) => {
  const shown = await text(word)
  for (const part of parts) expect(shown).toContain(part)
})

test('the default is told by major where it changed', async () => {
  const shown = await text('effective_io_concurrency')
  expect(shown).toMatch(/default \(15, 16, 17\)\s+1\n.*default \(18\)\s+16\n/)
})

test('every rule: severity, reason and both examples', async () => {
  for (const { code, severity, why, bad, good } of rules) {
    const shown = await text(code)
    expect(shown).toContain(`${code} (${severity})\n\n${why}`)
    for (const line of [bad, good].flatMap((example) => example.split('\n'))) expect(shown).toContain(line)
  }
})

test('without a fleet there are no values', async () => {
  expect((await explain('work_mem', undefined, plain)).text).not.toContain('In this fleet')
})

test.each([
  ['yaml/empty', 'The first stage of three: '],
  ['schema/additionalProperties', 'The second stage of three: '],
])('the code of a finding of an earlier stage: %s', async (word, start) => {
  expect((await text(word)).startsWith(`${word}\n\n${start}`)).toBe(true)
})

test.each([
  ['work_mem', true],
  ['port-taken', false],
  ['pool.size', false],
])('whether %s has a value in each service: %s', async (word, expected) => {
  expect((await explain(word, undefined, plain)).ofServices).toBe(expected)
})

test.each([
  ['shared_buffer', 'nothing is known about "shared_buffer": did you mean "shared_buffers"?\n'],
  ['port-take', 'nothing is known about "port-take": did you mean "port-taken"?\n'],
  ['max_client', 'nothing is known about "max_client": did you mean "max_clients"?\n'],
  ['xyzzy-and-more', 'nothing is known about "xyzzy-and-more": name a rule, a setting of PostgreSQL or a field of services.yaml\n'],
  ['schema/', 'nothing is known about "schema/": did you mean "schemas"?\n'],
  ['\x1b]0;t', 'nothing is known about "\\u{1b}]0;t": name a rule, a setting of PostgreSQL or a field of services.yaml\n'],
  ['__proto__', 'nothing is known about "__proto__": name a rule, a setting of PostgreSQL or a field of services.yaml\n'],
])('%s is unknown', async (word, message) => {
  expect(await explain(word, fleet, plain)).toEqual({ known: false, text: message })
})
