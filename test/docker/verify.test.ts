// `pgfleet verify --runtime compose` on the running fleet: nothing is found as it is, and each thing that is broken on purpose is.
import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { Ajv } from 'ajv'
import { afterAll, expect, test } from 'vitest'
import type { Evidence } from '../../src/runtime/verify/evidence.ts'
import { installCli, pgfleet } from '../support/cli.ts'
import { docker } from '../support/docker.ts'
import { containerOf, describeDocker, exec, fleet, console as poolerConsole, project, superuserRun } from '../support/docker-fleet.ts'

const isValid = new Ajv().compile(JSON.parse(readFileSync('schema/evidence.schema.json', 'utf8')))

describeDocker('verify', () => {
  installCli()
  const folder = mkdtempSync(join(tmpdir(), 'pgfleet-test-verify-'))
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  async function verify(...more: string[]): Promise<{ code: number | null; record: Evidence; text: string }> {
    const file = join(folder, 'evidence.json')
    const args = ['verify', '--runtime', 'compose', '--evidence', file, ...more]
    const { code, err } = await pgfleet(args, { in: resolve('.'), env: { ...project.environment, PATH: process.env['PATH'] ?? '' } })
    if (code === null || code > 1) throw new Error(err)
    const text = readFileSync(file, 'utf8')
    const record = JSON.parse(text)
    expect(isValid(record) ? [] : isValid.errors).toEqual([])
    return { code, record, text }
  }

  const lines = ({ checks }: Evidence, id?: string) =>
    checks
      .filter((check) => id === undefined || check.id === id)
      .flatMap((check) =>
        check.findings.map(({ service, what, expected, actual }) => `${check.id}, ${service}: ${what}: ${expected} -> ${actual}`),
      )

  test('as it runs: every check is made on every service and passes, and the record says on what', async () => {
    const { code, record, text } = await verify()
    expect(lines(record)).toEqual([])
    expect(code).toBe(0)
    expect(record.checks.map(({ id, result, services }) => [id, result, services.length])).toEqual([
      ['output', 'passed', 0],
      ['network-members', 'passed', 0],
      ['container-rights', 'passed', 0],
      ['container-mounts', 'passed', 0],
      ['container-networks', 'passed', 0],
      ['published-ports', 'passed', 0],
      ...[
        ...['reachable', 'settings', 'settings-elsewhere', 'pending-restart', 'access-rules', 'init', 'migrations', 'extensions', 'roles'],
        ...['memberships', 'role-settings', 'schemas', 'ownership', 'grants', 'column-grants', 'default-privileges', 'lookup'],
        ...['pooler-config', 'pooler-databases', 'container-rights', 'container-mounts', 'container-networks', 'published-ports'],
        ...['tls', 'refusals'],
      ].map((id) => [id, 'passed', 9]),
    ])
    expect(record.services.map(({ name }) => name)).toEqual(fleet.services.map(({ key }) => key))
    for (const { postgres, pgbouncer, images } of record.services) {
      expect(postgres).toMatch(/^17\.\d+/)
      expect(pgbouncer).toMatch(/^1\.\d+\.\d+$/)
      expect(images).toEqual({ server: expect.stringMatching(/^sha256:/), pooler: expect.stringMatching(/^sha256:/) })
    }
    expect(text.length).toBeLessThan(256 * 1024)
    expect(text).not.toContain(readFileSync(join(project.secrets, 'passwords/users/monitor'), 'utf8').trim())
    expect(text).not.toContain('SCRAM-SHA-256$')
  })

  test('broken in many places at once: each is found, and nothing else', async () => {
    const { prefix } = project
    const [network, pooler, server] = [`${prefix}_users-database`, containerOf('pgbouncer', 'risk'), containerOf('postgres', 'risk')]
    const inServer = (script: string) => exec(server, ['sh', '-c', script], { user: 999 })
    const reload = () => superuserRun('risk', 'SELECT pg_reload_conf(); SELECT pg_sleep(0.5)')
    // Under another base than the declared one, the rules lie in the memory of the container.
    const rules = '/run/pgfleet/pg_hba.conf'
    const limit = (bytes: string) => docker(['update', '--memory', bytes, '--memory-swap', bytes, pooler])
    const memory = (await docker(['inspect', '--format', '{{.HostConfig.Memory}}', pooler])).trim()
    const mend: (() => Promise<unknown>)[] = [
      () => superuserRun('trading', 'REVOKE TRUNCATE ON trading.orders FROM analytics'),
      () => poolerConsole('users', 'RELOAD'),
      () => inServer(`cat /tmp/rules >${rules} && rm /tmp/rules`).then(reload),
      () => docker(['network', 'disconnect', network, pooler]),
      () => limit(memory),
    ]
    try {
      await superuserRun('trading', 'GRANT TRUNCATE ON trading.orders TO analytics')
      await poolerConsole('users', `SET client_tls_sslmode = 'allow'`)
      await poolerConsole('users', 'SET max_client_conn = 77')
      await inServer(`cp ${rules} /tmp/rules && { echo 'host all all all scram-sha-256'; cat /tmp/rules; } >${rules}`).then(reload)
      await docker(['network', 'connect', network, pooler])
      await limit('300m')
      const { code, record } = await verify()
      expect(code).toBe(1)
      expect(lines(record).sort()).toEqual([
        `container-networks, risk: pgbouncer-risk: network ${network}: absent -> any address`,
        `container-rights, risk: pgbouncer-risk: memory and swap limit: ${memory} -> 314572800`,
        `container-rights, risk: pgbouncer-risk: memory limit: ${memory} -> 314572800`,
        'grants, trading: table trading.orders: privileges of analytics: SELECT -> SELECT, TRUNCATE',
        `network-members, null: network ${network}: without ${pooler} -> ${pooler} is on it`,
        'pooler-config, users: client_tls_sslmode: require -> allow',
        'pooler-config, users: max_client_conn: 1000 -> 77',
        'refusals, risk: server: postgres over TCP: rejected by pg_hba.conf -> asked for a password',
        'tls, risk: server: plain text: refused -> accepted',
        'tls, users: pooler: plain text: refused -> accepted',
      ])
    } finally {
      await Promise.allSettled(mend.map((one) => one()))
    }
  })

  test('a certificate that is not the one of the secrets folder', async () => {
    const secrets = join(folder, 'secrets')
    cpSync(project.secrets, secrets, { recursive: true })
    for (const name of ['server.crt', 'server.key'])
      cpSync(join(secrets, 'services/risk/server/tls', name), join(secrets, 'services/users/server/tls', name))
    const { record } = await verify('--secrets', secrets)
    const found = lines(record, 'tls')
    expect(found).toHaveLength(2)
    expect(found[0]).toMatch(/^tls, users: server: certificate: ([0-9A-F:]{95}) -> (?!\1)[0-9A-F:]{95}$/)
    expect(found[1]).toBe(
      'tls, users: server: certificate services/users/server/tls/server.crt: good for 30 days -> it is not for postgres-users',
    )
  })

  test('nothing was left by all that', async () => {
    expect(lines((await verify()).record)).toEqual([])
  })
})
