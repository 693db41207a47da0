// Passwords in the init script: verifiers from files, checked, and seen by nobody on the way.
import { readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { initScript } from '../../generators/init-sql/init-sql.ts'
import type { Service } from '../../src/fleet/types.ts'
import { scramVerifier } from '../../src/runtime/scram.ts'
import { type TestDatabase, testDatabase } from '../support/database.ts'
import { smallFleet } from '../support/fleet.ts'

let database: TestDatabase
let service: Service
beforeAll(async () => {
  const loud = { log_statement: 'all', log_min_duration_statement: '0', log_min_error_statement: 'debug5', log_error_verbosity: 'verbose' }
  database = await testDatabase(17, { ...loud, shared_preload_libraries: 'pg_stat_statements', 'pg_stat_statements.track': 'all' })
})
afterAll(() => database?.close())
beforeEach(async () => {
  service = await database.resolve(smallFleet('extensions: [pg_stat_statements]'))
  await database.apply(service)
})
afterEach(() => database.reset())

const file = (role: string) => join(service.paths.verifiers, role)
const stored = (role: string) => database.ask(service, 'postgres', `SELECT rolpassword FROM pg_authid WHERE rolname = '${role}'`)
/** Runs the script with the files as they are. */
async function run(): Promise<string> {
  const client = await database.connect(service)
  return client
    .query(initScript(service).content)
    .then(
      () => 'done',
      ({ message, hint, where, internalQuery }) => [message, hint, where, internalQuery].filter(Boolean).join('\n'),
    )
    .finally(() => client.end())
}

test('a role has the verifier of its file, and a new one after the file has changed', async () => {
  expect(await stored('monitor')).toEqual([[(await readFile(file('monitor'), 'utf8')).trim()]])
  const next = await scramVerifier('another', Buffer.from('fedcba9876543210'))
  await writeFile(file('monitor'), next)
  expect(await run()).toBe('done')
  expect(await stored('monitor')).toEqual([[next]])
})

test('no password for those who need none, the superuser least of all', async () => {
  const query = 'SELECT rolname FROM pg_authid WHERE rolpassword IS NOT NULL ORDER BY 1'
  expect(await database.ask(service, 'postgres', query)).toEqual([
    ['backup'],
    ['demo_orders_migrator'],
    ['demo_orders_service'],
    ['monitor'],
  ])
})

test('a missing file is named', async () => {
  await rm(file('backup'))
  expect(await run()).toMatch(`role backup has no verifier: there is no file ${file('backup')}\nRun \`pgfleet secrets init\`.`)
})

const good =
  'SCRAM-SHA-256$4096:MDEyMzQ1Njc4OWFiY2RlZg==$BEkWYJ4zY9s7Xw0yAhW5pXkWm8m2Kk2qv8Jq0fK0oQ4=:BEkWYJ4zY9s7Xw0yAhW5pXkWm8m2Kk2qv8Jq0fK0oQ4='

test.each([
  ['clear text', 'secret-in-clear'],
  ['nothing', ''],
  ['a verifier that is cut off', good.slice(0, -1)],
  ['a verifier and more', `${good}; `],
  ['two lines', `${good}\n${good}`],
  ['MD5', 'md5000102030405060708090a0b0c0d0e0f'],
  ['no iterations', good.replace('4096', '0')],
])('%s is refused, and not shown', async (_, text) => {
  const before = await stored('monitor')
  await writeFile(file('monitor'), text)
  const said = await run()
  expect(said).toMatch(`the file ${file('monitor')} holds no SCRAM-SHA-256 verifier`)
  if (text) expect(said).not.toContain(text)
  expect(await stored('monitor')).toEqual(before)
  expect(text === '' || !(await database.server.log()).includes(text)).toBe(true)
})

test('neither the log nor the statistics have seen a verifier', async () => {
  expect(await run()).toBe('done')
  const [[verifier]] = (await stored('monitor')) as [[string]]
  const log = await database.server.log()
  expect(log).toContain('ALTER ROLE "monitor"')
  expect(log).not.toContain(verifier.slice(20))
  // With its salt: the pooler's lookup makes verifiers up, and names their beginning.
  expect(log).not.toMatch(/SCRAM-SHA-256\$\d+:[A-Za-z0-9+/]{22}==/)
  const seen = `SELECT count(*)::int FROM pg_stat_statements WHERE query ~ 'SCRAM-SHA-256[$][0-9]+:[A-Za-z0-9+/]{22}=='`
  expect(await database.ask(service, 'postgres', seen)).toEqual([[0]])
})
