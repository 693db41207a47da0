// Who gets in, and what those are told who do not: nothing that tells one refusal from another.
import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { sideBySide } from '../../src/runtime/side-by-side.ts'
import type { Connection } from '../support/docker-access.ts'
import * as shared from '../support/docker-fleet.ts'
import { psqlAt } from '../support/docker-network-position.ts'
import { type Refusal, refusalOf } from '../support/docker-network-refusal.ts'
import { type Files, type SmallFleet, smallFleet } from '../support/docker-network-small.ts'

const { describeDocker, project } = shared
type Place = Pick<SmallFleet, 'project' | 'containerOf' | 'loginOf' | 'superuserRun' | 'superuserQuery'>

/** Application role and database of each service. */
const services: readonly (readonly [key: string, app: string, database: string])[] = [
  ['users', 'treum_user_service', 'treum_users'],
  ['trading', 'treum_trading_service', 'treum_trading'],
  ['market-data', 'treum_market_data_service', 'treum_market_data'],
  ['signals', 'treum_signal_service', 'treum_signals'],
  ['payments', 'treum_payment_service', 'treum_payments'],
  ['notifications', 'treum_notification_service', 'treum_notifications'],
  ['risk', 'treum_risk_service', 'treum_risk'],
  ['education', 'treum_education_service', 'treum_education'],
  ['content-intelligence', 'treum_content_intelligence_service', 'treum_content_intelligence'],
]

describeDocker('logins', () => {
  let small: SmallFleet

  /** Lets everybody with a password in, from everywhere. */
  const broken = ({ edit }: Files) =>
    edit('infrastructure/postgres/open/pg_hba.conf', /^host +all +all +all +reject/m, 'host all all all scram-sha-256')

  beforeAll(async () => {
    small = await smallFleet(project, ['open'], broken)
  })
  afterAll(() => small?.close())

  describe('stored passwords', () => {
    /** How each role's password is stored; Debian and PostgreSQL's own roles without any are left out. */
    const stored = async ({ superuserQuery }: Place, key: string) => {
      const rows = await superuserQuery(
        key,
        String.raw`SELECT rolname, CASE WHEN rolpassword ~ '^SCRAM-SHA-256\$4096:[A-Za-z0-9+/]{22}==\$[A-Za-z0-9+/]{43}=:[A-Za-z0-9+/]{43}=$' THEN 'SCRAM-SHA-256'
          ELSE coalesce(left(rolpassword, 3), 'none') END AS kind FROM pg_authid WHERE rolname !~ '^pg_' OR rolpassword IS NOT NULL`,
      )
      return Object.fromEntries(rows.map(({ rolname, kind }) => [rolname, kind]))
    }
    const expected = (app: string, database: string) => ({
      postgres: 'none',
      [`${database}_owner`]: 'none',
      [`${database}_migrator`]: 'SCRAM-SHA-256',
      [app]: 'SCRAM-SHA-256',
      pooled_login: 'none',
      pgbouncer_auth: 'none',
      pgbouncer_lookup: 'none',
      monitor: 'SCRAM-SHA-256',
      backup: 'SCRAM-SHA-256',
      analytics: 'SCRAM-SHA-256',
      admin: 'SCRAM-SHA-256',
    })

    test('are SCRAM verifiers, or there is none, as for the superuser', async () => {
      const found = await sideBySide(services, 3, ([key]) => stored(shared, key))
      expect(found).toEqual(services.map(([, app, database]) => expected(app, database)))
    })

    test('of another kind, and one of the superuser, are found', async () => {
      await shared.superuserRun(
        'users',
        `SET password_encryption = 'md5'; CREATE ROLE old_fashioned PASSWORD 'x'; ALTER ROLE postgres PASSWORD 'x'`,
      )
      const found = await stored(shared, 'users').finally(() =>
        shared.superuserRun('users', 'ALTER ROLE postgres PASSWORD NULL; DROP ROLE old_fashioned'),
      )
      expect(found).toEqual({ ...expected('treum_user_service', 'treum_users'), old_fashioned: 'md5', postgres: 'md5' })
    })
  })

  describe('an expired password', () => {
    const expire = async (key: string, app: string, until: string) => {
      const roles = `'${app}', 'analytics'`
      // ALTER ROLE cannot take an end away again.
      const set = (value: string) =>
        shared.superuserRun(
          key,
          `SET allow_system_table_mods = on; UPDATE pg_authid SET rolvaliduntil = ${value} WHERE rolname IN (${roles})`,
        )
      await set(`'${until}'`)
      const ways: Connection[] = [
        { key, via: 'pool', role: app },
        { key, via: 'direct', role: 'analytics' },
      ]
      const refusals = await Promise.all(ways.map((way) => refusalOf(shared.loginOf(way)))).finally(() => set('NULL'))
      return refusals.map((refusal) => (refusal ? `${refusal.code} ${refusal.message}` : 'logged in'))
    }

    test('is refused, by the server and by the pooler', async () => {
      const found = await sideBySide(services, 3, ([key, app]) => expire(key, app, '2020-01-01'))
      expect(found).toEqual(
        services.map(() => ['08P01 SASL authentication failed', '28P01 password authentication failed for user "analytics"']),
      )
    })

    test('is told from one that has not expired', async () => {
      expect(await expire('users', 'treum_user_service', '2999-01-01')).toEqual(['logged in', 'logged in'])
    })
  })

  describe('every refusal by a pooler', () => {
    /** The same at each attempt, for each of these; the salt is a role's own, and stays. */
    const always = {
      code: '08P01',
      message: 'SASL authentication failed',
      messages: ['authenticationSASL 23', 'authenticationSASLContinue 92', 'error 47'],
      challenge: expect.stringMatching(/^s=[A-Za-z0-9+/]{22}==,i=4096$/),
    }
    const twice = async (at: Place, key: string, app: string, role: string, password: string) => {
      const login = { ...at.loginOf({ key, via: 'pool', role: app }), user: role, password }
      return [await refusalOf(login), await refusalOf(login)]
    }
    /** What a client sees that tells two refusals from each other: nothing, or in what they differ. */
    const differences = (refusals: readonly (readonly (Refusal | undefined)[])[]): string[] => {
      const seen = (part: (refusal: Refusal | undefined) => unknown) =>
        new Set(refusals.flat().map((refusal) => JSON.stringify(part(refusal)))).size
      return [
        ...(refusals.flat().includes(undefined) ? ['one of them is none'] : []),
        ...(seen((refusal) => [refusal?.code, refusal?.message]) > 1 ? ['words'] : []),
        ...(seen((refusal) => refusal?.messages) > 1 ? ['messages'] : []),
        ...(new Set(refusals.map(([one, two]) => one?.challenge === two?.challenge)).size > 1 ? ['whether the salt stays'] : []),
      ]
    }

    const password = randomBytes(32).toString('base64url')
    const special = {
      superuser: 'SUPERUSER',
      replication: 'REPLICATION',
      bypasses_policies: 'BYPASSRLS',
      cannot_log_in: 'NOLOGIN',
      expired: `VALID UNTIL '2020-01-01'`,
    }

    test.each(services)('%s: looks like the one for a wrong password', async (key, app, database) => {
      const known = (role: string) => shared.loginOf({ key, via: 'direct', role }).password
      const passwords = {
        [app]: 'wrong',
        nobody: 'wrong',
        postgres: password,
        [`${database}_owner`]: password,
        [`${database}_migrator`]: known(`${database}_migrator`),
        pooled_login: password,
        pgbouncer_auth: password,
        pgbouncer_lookup: password,
        pgbouncer: password,
        monitor: known('monitor'),
        backup: known('backup'),
        analytics: known('analytics'),
        admin: known('admin'),
      }
      const found = await sideBySide(Object.entries(passwords), 1, ([role, password]) => twice(shared, key, app, role, password))
      for (const [one, two] of found) {
        expect(one).toEqual(always)
        expect(two).toEqual(one)
      }
      expect(differences(found)).toEqual([])
    })

    test('also for roles that are in the group of the pool, know their password, and may not', async () => {
      const roles = Object.entries(special)
      const create = roles.map(
        ([name, option]) => `CREATE ROLE ${name} LOGIN PASSWORD '${password}' IN ROLE pooled_login; ALTER ROLE ${name} ${option};`,
      )
      await shared.superuserRun('users', create.join('\n'))
      try {
        const app = 'treum_user_service'
        const wrong = await twice(shared, 'users', app, app, 'wrong')
        const found = await sideBySide(roles, 1, ([role]) => twice(shared, 'users', app, role, password))
        for (const [one, two] of found) {
          expect(one).toEqual(always)
          expect(two).toEqual(one)
        }
        expect(differences([wrong, ...found])).toEqual([])
      } finally {
        await shared.superuserRun('users', roles.map(([name]) => `DROP ROLE ${name};`).join('\n'))
      }
    })

    test('is told apart where the lookup gives nothing for who may not', async () => {
      const app = 'small_open_service'
      const look = async () =>
        differences([await twice(small, 'open', app, app, 'wrong'), await twice(small, 'open', app, 'nobody', 'wrong')])
      expect(await look()).toEqual([])
      await small.superuserRun(
        'open',
        `
        ALTER FUNCTION pgfleet.lookup RENAME TO proper;
        CREATE FUNCTION pgfleet.lookup(requested text, OUT username text, OUT password text) LANGUAGE sql SECURITY DEFINER AS
          $$ SELECT requested, (SELECT rolpassword FROM pg_authid WHERE rolname = requested) $$`,
      )
      const found = await look().finally(() =>
        small.superuserRun('open', 'DROP FUNCTION pgfleet.lookup; ALTER FUNCTION pgfleet.proper RENAME TO lookup'),
      )
      expect(found).toEqual(['whether the salt stays'])
    })
  })

  describe('the superuser', () => {
    const password = randomBytes(32).toString('base64url')

    /** With a password and as a member of the application's role and of the pool's: what it is told everywhere. */
    const everywhere = async (at: Place, key: string, app: string) => {
      const member = `${app}, pooled_login`
      await at.superuserRun(key, `ALTER ROLE postgres PASSWORD '${password}'; GRANT ${member} TO postgres`)
      try {
        const { database, ssl } = at.loginOf({ key, via: 'direct', role: 'monitor' })
        const words = (refusal: Refusal | undefined) => (refusal ? `${refusal.code} ${refusal.message}` : 'logged in')
        const login = { PGHOST: ssl.servername, PGDATABASE: database, PGUSER: 'postgres', PGPASSWORD: password, PGSSLMODE: 'verify-full' }
        const trusting = (folder: string) => ({ ...login, PGSSLROOTCERT: `${folder}/ca.crt` })
        const pooler = { ...trusting('/tls'), PGSSLCERT: '/tls/server.crt', PGSSLKEY: '/tls/server.key' }
        const logins = (login: Readonly<Record<string, string>>) => ({ own: login, postgres: { ...login, PGDATABASE: 'postgres' } })
        const tls = `${at.project.secrets}/services/${key}/pooler/tls`
        const fromPooler = await psqlAt(at.project, at.containerOf('pgbouncer', key), logins(pooler), { '/tls': tls })
        const fromOps = await psqlAt(at.project, `${at.project.prefix}_ops`, logins(trusting('/run/pgfleet')))
        const as = (via: 'pool' | 'direct') => ({ ...at.loginOf({ key, via, role: 'monitor' }), user: 'postgres', password })
        return {
          'through the pool': words(await refusalOf(as('pool'))),
          'from the host': words(await refusalOf(as('direct'))),
          'from the host, to postgres': words(await refusalOf({ ...as('direct'), database: 'postgres' })),
          'from its pooler’s place': fromPooler['own'],
          'from its pooler’s place, to postgres': fromPooler['postgres'],
          'from where ops stands': fromOps['own'],
          'from where ops stands, to postgres': fromOps['postgres'],
        }
      } finally {
        await at.superuserRun(key, `ALTER ROLE postgres PASSWORD NULL; REVOKE ${member} FROM postgres`)
      }
    }
    const rejection = (octets: string, database: string) =>
      `pg_hba.conf rejects connection for host "${project.subnetBase}.${octets}", user "postgres", database "${database}", SSL encryption`

    // The third and the fourth octet of each pooler and of ops in the network of its server.
    const addresses: Readonly<Record<string, readonly [pooler: string, ops: string]>> = {
      users: ['39.3', '39.4'],
      trading: ['39.35', '39.36'],
      'market-data': ['39.67', '39.68'],
      signals: ['39.99', '39.100'],
      payments: ['39.131', '39.132'],
      notifications: ['39.163', '39.164'],
      risk: ['39.195', '39.196'],
      education: ['39.227', '39.228'],
      'content-intelligence': ['40.3', '40.4'],
    }

    test('logs in from nowhere, with whatever password and memberships', async () => {
      const found = await sideBySide(services, 3, ([key, app]) => everywhere(shared, key, app))
      const expected = services.map(([key, , database]) => {
        const [pooler, ops] = addresses[key]!
        return {
          'through the pool': '08P01 SASL authentication failed',
          'from the host': `28000 ${rejection('128.1', database)}`,
          'from the host, to postgres': `28000 ${rejection('128.1', 'postgres')}`,
          'from its pooler’s place': `FATAL:  ${rejection(pooler, database)}`,
          'from its pooler’s place, to postgres': `FATAL:  ${rejection(pooler, 'postgres')}`,
          'from where ops stands': `FATAL:  ${rejection(ops, database)}`,
          'from where ops stands, to postgres': `FATAL:  ${rejection(ops, 'postgres')}`,
        }
      })
      expect(found).toEqual(expected)
    })

    test('is found where pg_hba.conf and the lookup let it in', async () => {
      const lax = {
        'from the host': 'logged in',
        'from the host, to postgres': 'logged in',
        'from its pooler’s place': 'logged in',
        'from its pooler’s place, to postgres': 'logged in',
        'from where ops stands': 'logged in',
        'from where ops stands, to postgres': 'logged in',
      }
      // Until the pooler lets it in, too.
      expect(await everywhere(small, 'open', 'small_open_service')).toEqual({
        ...lax,
        'through the pool': '08P01 SASL authentication failed',
      })
      await small.superuserRun(
        'open',
        `
        CREATE OR REPLACE FUNCTION pgfleet.lookup(requested text, OUT username text, OUT password text) LANGUAGE sql SECURITY DEFINER AS
          $$ SELECT requested, rolpassword FROM pg_authid WHERE rolname = requested $$`,
      )
      expect(await everywhere(small, 'open', 'small_open_service')).toEqual({ ...lax, 'through the pool': 'logged in' })
    })
  })
})
