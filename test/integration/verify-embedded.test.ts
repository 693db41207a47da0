// `pgfleet verify` on embedded servers, from the command line: exit codes, the record, and what has to be broken outside of a transaction.
import { appendFileSync, chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Ajv } from 'ajv'
import type pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openStateFolder } from '../../src/runtime/embedded/state-folder.ts'
import type { Evidence } from '../../src/runtime/verify/evidence.ts'
import { cli, type Run, temporaryFolder, yamlOf } from '../support/embedded.ts'
import { pgbouncer124 } from '../support/pgbouncer-binaries.ts'
import { connected } from '../support/server.ts'
import { canUseTrixie } from '../support/trixie.ts'

const isValid = new Ajv().compile(JSON.parse(readFileSync('schema/evidence.schema.json', 'utf8')))
const binaries = mkdtempSync(join(tmpdir(), 'pgfleet-test-pgbouncer-'))
chmodSync(binaries, 0o755)

const folder = temporaryFolder()
/** Another one than services.yaml has: it must be found out. */
const offset = 1
let env: Record<string, string> = {}
let run: Run
let ports: number[] = []
let client: pg.Client

beforeAll(async () => {
  if (canUseTrixie) env = { PGFLEET_PGBOUNCER: pgbouncer124(binaries) }
  const made = await yamlOf({ orders: 'schemas: [shop]\nsql: sql/orders\nextensions: [pgaudit, citext]', mail: '' })
  ports = made.ports
  writeFileSync(join(folder.path, 'services.yaml'), made.yaml)
  mkdirSync(join(folder.path, 'sql/orders'), { recursive: true })
  writeFileSync(join(folder.path, 'sql/orders/0001-items.sql'), 'CREATE TABLE shop.items (id int);\n')
  run = await cli(['up', '--port-offset', String(offset)], { cwd: folder.path, env })
  await run.until('All databases are up')
  const { servers } = await openStateFolder(join(folder.path, '.pgfleet'))
  client = await connected({ host: join(servers, 'orders/socket'), port: ports[0]! + offset, user: 'postgres', database: 'demo_orders' })
})

afterAll(async () => {
  await client?.end().catch(() => {})
  run?.child.kill('SIGTERM')
  await run?.ended
  folder.remove()
  rmSync(binaries, { recursive: true, force: true })
})

async function verify(...args: string[]): Promise<{ code: number | null; output: string }> {
  const { ended, output } = await cli(['verify', ...args], { cwd: folder.path, env })
  return { code: await ended, output: output() }
}

async function evidence(): Promise<{ code: number | null; record: Evidence }> {
  const { code, output } = await verify('--evidence', 'evidence.json')
  if (!existsSync(join(folder.path, 'evidence.json'))) throw new Error(output)
  const record = JSON.parse(readFileSync(join(folder.path, 'evidence.json'), 'utf8'))
  expect(isValid(record) ? [] : isValid.errors).toEqual([])
  return { code, record }
}

/** All findings, by check. */
const findingsOf = ({ checks }: Evidence) =>
  Object.fromEntries(
    checks
      .filter(({ result }) => result === 'failed')
      .map(({ id, findings }) => [id, findings.map(({ service, what, actual }) => `${service}: ${what}: ${actual}`)]),
  )

describe('as it was started', () => {
  test('nothing is found, and what cannot be checked here is listed with the reason', async () => {
    const { code, record } = await evidence()
    expect(findingsOf(record)).toEqual({})
    expect(code).toBe(0)
    expect(record.result).toBe('passed')
    expect(record.services.map(({ name, postgres }) => [name, postgres])).toEqual([
      ['orders', expect.stringMatching(/^17\./)],
      ['mail', expect.stringMatching(/^17\./)],
    ])
    const open = record.checks.filter(({ result }) => result === 'not-checked')
    expect(open.map(({ id }) => id)).toEqual([
      'output',
      'network-members',
      ...(canUseTrixie ? [] : ['pooler-config', 'pooler-databases']),
      'container-rights',
      'container-mounts',
      'container-networks',
      'published-ports',
      'tls',
      'refusals',
    ])
    for (const { reason } of open) expect(reason).toMatch(/\w/)
    expect(record.checks.find(({ id }) => id === 'settings')!.figures.settings).toBeGreaterThan(80)
    if (canUseTrixie) expect(record.services.map(({ pgbouncer }) => pgbouncer)).toEqual(['1.24.1', '1.24.1'])
  })

  test('a table says the same', async () => {
    const { code, output } = await verify()
    expect(code).toBe(0)
    expect(output).toMatch(/^grants +ok +ok$/m)
    expect(output).toContain('ok the fleet is what services.yaml says: ')
    const { output: json } = await verify('--json')
    expect(isValid(JSON.parse(json))).toBe(true)
  })
})

describe('broken', () => {
  const shown = async (setting: string): Promise<string> =>
    (await client.query(`SELECT current_setting('${setting}') AS value`)).rows[0].value

  /** What is found while a file of the server has another text, and the exit code. */
  async function withFile(file: string, change: (text: string) => string) {
    const before = readFileSync(file, 'utf8')
    writeFileSync(file, change(before))
    const reload = async () => {
      await client.query('SELECT pg_reload_conf()')
      await client.query('SELECT pg_sleep(0.3)')
    }
    try {
      await reload()
      const { code, record } = await evidence()
      return { code, found: findingsOf(record) }
    } finally {
      writeFileSync(file, before)
      await reload()
    }
  }

  test('another setting', async () => {
    const found = await withFile(await shown('config_file'), (text) =>
      text.replace(/^checkpoint_timeout = \S+/m, `checkpoint_timeout = '61s'`),
    )
    expect(found).toEqual({ code: 1, found: { settings: ['orders: checkpoint_timeout: 61 (in s) (the server has another value)'] } })
  })

  test('a setting that waits for a restart', async () => {
    const { code, found } = await withFile(await shown('config_file'), (text) =>
      text.replace(/^max_connections = \d+/m, 'max_connections = 77'),
    )
    expect(code).toBe(1)
    expect(found['pending-restart']).toEqual([expect.stringMatching(/^orders: max_connections: still \d+$/)])
    expect(found.settings).toContainEqual(expect.stringMatching(/^orders: max_connections: .*it takes effect at the next restart/))
  })

  test('a line that the server does not take', async () => {
    const { found } = await withFile(await shown('config_file'), (text) => `${text}no_such_setting = 1\n`)
    expect(Object.keys(found)).toEqual(['settings'])
    expect(found.settings).toContain('orders: no_such_setting:  (unrecognized configuration parameter)')
  })

  test('a setting beside the file', async () => {
    const auto = join(await shown('data_directory'), 'postgresql.auto.conf')
    const { found } = await withFile(auto, (text) => `${text}vacuum_cost_page_hit = 3\n`)
    expect(found).toEqual({ 'settings-elsewhere': [`orders: vacuum_cost_page_hit: 3 (${auto})`] })
  })

  test('a rule of access that the server does not take', async () => {
    const { found } = await withFile(await shown('hba_file'), (text) => `${text}host everybody\n`)
    expect(found).toEqual({ 'access-rules': [expect.stringMatching(/^orders: pg_hba\.conf:\d+: end-of-line before role specification$/)] })
  })

  test('a grant: exit code 1, and the table says what to do', async () => {
    await client.query('GRANT TRUNCATE ON shop.items TO demo_orders_service')
    const { code, output } = await verify()
    await client.query('REVOKE TRUNCATE ON shop.items FROM demo_orders_service')
    expect(code).toBe(1)
    expect(output).toMatch(/^grants +1 +ok$/m)
    expect(
      output,
    ).toContain(`failed grants in orders: not so: every role has the declared privileges on every object, and no others; PUBLIC has none
  table shop.items: privileges of demo_orders_service
    expected  DELETE, INSERT, SELECT, UPDATE
    found     DELETE, INSERT, SELECT, TRUNCATE, UPDATE
  help: stop the fleet and run \`pgfleet up\` again: it runs the init script`)
    expect(output).toContain('drift 1 finding in')
  })

  test('a migration that was edited after it had been applied', async () => {
    const file = join(folder.path, 'sql/orders/0001-items.sql')
    const before = readFileSync(file, 'utf8')
    appendFileSync(file, 'COMMENT ON TABLE shop.items IS $$edited$$;\n')
    const { record } = await evidence()
    writeFileSync(file, before)
    expect(Object.keys(findingsOf(record))).toEqual(['init', 'migrations'])
  })

  test('no ledger at all: the checks that need it fail, the others go on', async () => {
    await client.query('ALTER SCHEMA pgfleet RENAME TO away')
    const { code, record } = await evidence()
    await client.query('ALTER SCHEMA away RENAME TO pgfleet')
    expect(code).toBe(1)
    const found = findingsOf(record)
    expect(found.migrations).toEqual(['orders: the catalogue: relation "pgfleet.migrations" does not exist'])
    expect(found.lookup).toEqual(['orders: the catalogue: schema "pgfleet" does not exist'])
    expect(found.schemas).toEqual(['orders: schema away: owned by postgres', 'orders: schema pgfleet: absent'])
    expect(record.checks.filter(({ id }) => id === 'memberships').map(({ result }) => result)).toEqual(['passed'])
  })

  test('nothing was changed by all that', async () => {
    const { code, record } = await evidence()
    expect(findingsOf(record)).toEqual({})
    expect(code).toBe(0)
  })

  test('a server that is gone: exit code 3, its checks are not made, the other service is checked', async () => {
    await client.end()
    const { servers } = await openStateFolder(join(folder.path, '.pgfleet'))
    const pid = Number(readFileSync(join(servers, 'orders/data/postmaster.pid'), 'utf8').split('\n')[0])
    process.kill(pid, 'SIGKILL')
    const { code, record } = await evidence()
    expect(code).toBe(3)
    expect(record.result).toBe('failed')
    expect(Object.keys(findingsOf(record))).toContain('reachable')
    const grants = record.checks.filter(({ id }) => id === 'grants')
    expect(grants.map(({ result, services, reason }) => [result, services, reason])).toEqual([
      ['not-checked', ['orders'], 'the server does not answer'],
      ['passed', ['mail'], null],
    ])
    expect(record.services[0]!.postgres).toBe(null)
  })

  test('no fleet at all', async () => {
    const { code, output } = await verify('--state', 'elsewhere')
    expect(code).toBe(3)
    expect(output).toContain('error: no server runs in elsewhere [not-running]')
  })

  test('options of the other runtime', async () => {
    const { code, output } = await verify('--secrets', 'secrets')
    expect([code, output]).toEqual([2, 'error: --secrets is for --runtime compose\n'])
  })
})
