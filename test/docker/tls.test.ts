// Encryption as clients, servers and poolers meet it: what is not TLS 1.3 between the right two is refused, on every way.
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { sideBySide } from '../../src/runtime/side-by-side.ts'
import { type Authority, authority } from '../support/certificates.ts'
import * as shared from '../support/docker-fleet.ts'
import { type Login, psqlAt } from '../support/docker-network-position.ts'
import { type Files, type SmallFleet, smallFleet } from '../support/docker-network-small.ts'
import { outcome, type Stranger, tlsOutcomes } from '../support/docker-network-tls.ts'

const { describeDocker, project } = shared

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

const clients = {
  'as it should be': 'answered',
  'with TLS 1.2': 'alert protocol version',
  'trusting another authority': 'SELF_SIGNED_CERT_IN_CHAIN',
  'wanting another name': 'ERR_TLS_CERT_ALTNAME_INVALID',
}
const byServer = (role: string, database: string) => ({
  ...clients,
  'in plain text': `28000 pg_hba.conf rejects connection for host "${project.subnetBase}.128.1", user "${role}", database "${database}", no encryption`,
})
const byPooler = { ...clients, 'in plain text': '08P01 SSL required' }

describeDocker('TLS', () => {
  let issuer: Authority
  let stranger: Stranger
  let small: SmallFleet

  /** Everything wrong that a server and a pooler can be made to do; an impostor of a server with a certificate of its own; one with another's. */
  const broken = ({ out, secrets, edit }: Files) => {
    const tls = (key: string, end: string) => join(secrets, 'services', key, end, 'tls')
    const write = (folder: string, files: Readonly<Record<string, string>>) => {
      for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text)
    }
    edit('infrastructure/postgres/open/pg_hba.conf', /^host +all +all +all +reject/m, 'host all all all scram-sha-256')
    edit('infrastructure/postgres/open/postgresql.conf', /^(ssl_min_protocol_version = )'TLSv1.3'/m, "$1'TLSv1.2'")
    const lax = ['client_tls_sslmode = allow', 'client_tls_protocols = secure', 'server_tls_sslmode = require']
    writeFileSync(join(out, 'infrastructure/pgbouncer/open/pgbouncer.ini'), `${lax.join('\n')}\n`, { flag: 'a' })
    const both = readFileSync(join(secrets, 'ca.crt'), 'utf8') + issuer.certificate
    edit('infrastructure/postgres/open/pg_hba.conf', / clientcert=verify-ca$/m, '')
    edit('infrastructure/postgres/open/pg_ident.conf', /"pgbouncer-open"/, '/^pgbouncer-')
    for (const [end, host] of [
      ['server', 'postgres-open'],
      ['pooler', 'pgbouncer-open'],
    ] as const)
      write(tls('open', end), { ...issuer.issue(host, stranger.name), 'ca.crt': both })

    const { 'ca.crt': _, ...forged } = issuer.issue('postgres-forged')
    for (const name of ['server.crt', 'server.key'])
      copyFileSync(join(tls('forged', 'server'), name), join(tls('misnamed', 'server'), name))
    write(tls('forged', 'server'), forged)
  }

  beforeAll(async () => {
    issuer = authority()
    stranger = { authority: issuer.certificate, name: 'elsewhere' }
    small = await smallFleet(project, ['open', 'forged', 'misnamed'], broken)
  })
  afterAll(async () => {
    await small?.close()
    issuer?.remove()
  })

  describe.each(services)('%s', (key, app, database) => {
    test('a client that does not keep to the rules is refused by the server, or refuses it', async () => {
      expect(await tlsOutcomes(shared, { key, via: 'direct', role: 'admin' }, stranger)).toEqual(byServer('admin', database))
    })

    test('the same at the pooler', async () => {
      expect(await tlsOutcomes(shared, { key, via: 'pool', role: app }, stranger)).toEqual(byPooler)
    })
  })

  test('a server and a pooler that allow it all are found', async () => {
    const all = {
      'as it should be': 'SELF_SIGNED_CERT_IN_CHAIN',
      'in plain text': 'answered',
      'with TLS 1.2': 'answered',
      'trusting another authority': 'answered',
      'wanting another name': 'answered',
    }
    for (const connection of [
      { key: 'open', via: 'direct', role: 'monitor' },
      { key: 'open', via: 'pool', role: 'small_open_service' },
    ] as const)
      expect(await tlsOutcomes(small, connection, stranger)).toEqual(all)
  })

  test.each([
    ['forged', 'another authority’s', 'certificate verify failed'],
    ['misnamed', 'another host’s', "name `postgres-misnamed' not present in server certificate"],
  ])('in front of a server that is %s, with %s certificate, a pooler answers nobody', async (key, _, reason) => {
    const login = small.loginOf({ key, via: 'pool', role: `small_${key}_service` })
    // The first clients wait: for all that the pooler knows, the server may be starting.
    await expect
      .poll(() => outcome(login), { timeout: 60_000 })
      .toBe('08P01 server login has been failing, cached error: server conn crashed? (server_login_retry)')
    const reasons = (await small.logsOf(small.containerOf('pgbouncer', key)))
      .split('\n')
      .filter((line) => line.includes('TLS handshake error'))
    expect(reasons.join('\n')).toContain(reason)
  })

  test('a pooler that takes any certificate is found', async () => {
    const login = small.loginOf({ key: 'open', via: 'pool', role: 'small_open_service' })
    expect(await outcome({ ...login, ssl: { ...login.ssl, ca: stranger.authority } })).toBe('answered')
  })

  describe('inside the networks', () => {
    let folder: string
    const write = (name: string, text: string) => writeFileSync(join(folder, name), text, { mode: 0o600 })
    const certificate = (folder: string): Login => ({ PGSSLCERT: `${folder}/server.crt`, PGSSLKEY: `${folder}/server.key` })
    const none: Login = { PGSSLCERT: '/none', PGSSLKEY: '/none' }
    type Place = Pick<SmallFleet, 'project' | 'containerOf' | 'loginOf'>
    const volumes = ({ project }: Place) => ({ '/secrets': project.secrets, '/stranger': folder })

    beforeAll(() => {
      folder = mkdtempSync(join(tmpdir(), 'pgfleet-test-stranger-'))
      write('ca.crt', issuer.certificate)
      for (const { project } of [shared, small])
        write(`${project.prefix}.crt`, readFileSync(join(project.secrets, 'ca.crt'), 'utf8') + issuer.certificate)
      for (const [name, text] of Object.entries(issuer.issue('stranger'))) write(name, text)
    })
    afterAll(() => rmSync(folder, { recursive: true, force: true }))

    /** What a server says to its pooler's two roles, from where the pooler stands, by what they show. Whom they trust does not matter. */
    const toPooler = (at: Place, key: string, app: string, other: string) => {
      for (const [name, text] of Object.entries(issuer.issue(`pgbouncer-${key}`))) write(`${key}-${name}`, text)
      const { database, password } = at.loginOf({ key, via: 'pool', role: app })
      const tls = { PGSSLMODE: 'verify-full', PGSSLROOTCERT: `/stranger/${at.project.prefix}.crt`, ...none }
      const lookup = { PGHOST: `postgres-${key}`, PGDATABASE: database, PGUSER: 'pgbouncer_auth', ...tls }
      const application = { ...lookup, PGUSER: app, PGPASSWORD: password }
      const [own, others] = [`/secrets/services/${key}/pooler/tls`, `/secrets/services/${other}/pooler/tls`].map(certificate)
      const strange = { PGSSLCERT: `/stranger/${key}-server.crt`, PGSSLKEY: `/stranger/${key}-server.key` }
      const logins = {
        'its own': { ...lookup, ...own },
        'its own, with TLS 1.2': { ...lookup, ...own, PGSSLMAXPROTOCOLVERSION: 'TLSv1.2' },
        'another pooler’s': { ...lookup, ...others },
        'a stranger’s with its name': { ...lookup, ...strange },
        none: lookup,
        'none, in plain text': { ...lookup, PGSSLMODE: 'disable' },
        'as the application, its own': { ...application, ...own },
        'as the application, a stranger’s': { ...application, ...strange },
        'as the application, none': application,
        'as the application, none, in plain text': { ...application, PGSSLMODE: 'disable' },
      }
      return psqlAt(at.project, at.containerOf('pgbouncer', key), logins, volumes(at))
    }
    const olderProtocol =
      'SSL error: tlsv1 alert protocol version\nThis may indicate that the server does not support any SSL protocol version between TLSv1.2 and TLSv1.2.'
    const noEncryption = (address: string, role: string, database: string) =>
      `FATAL:  pg_hba.conf rejects connection for host "${address}", user "${role}", database "${database}", no encryption`

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

    test('a server wants the certificate of its own pooler', async () => {
      const found = await sideBySide(services, 3, ([key, app]) => toPooler(shared, key, app, key === 'users' ? 'trading' : 'users'))
      const expected = services.map(([key, app, database]) => {
        const address = `${project.subnetBase}.${addresses[key]![0]}`
        return {
          // The pooler may hold both of the connections that the role may have.
          'its own': expect.stringMatching(/^(logged in|FATAL: {2}too many connections for role "pgbouncer_auth")$/),
          'its own, with TLS 1.2': olderProtocol,
          'another pooler’s': 'FATAL:  certificate authentication failed for user "pgbouncer_auth"',
          'a stranger’s with its name': 'SSL error: tlsv1 alert unknown ca',
          none: 'FATAL:  connection requires a valid client certificate',
          'none, in plain text': noEncryption(address, 'pgbouncer_auth', database),
          'as the application, its own': 'logged in',
          'as the application, a stranger’s': 'SSL error: tlsv1 alert unknown ca',
          'as the application, none': 'FATAL:  connection requires a valid client certificate',
          'as the application, none, in plain text': noEncryption(address, app, database),
        }
      })
      expect(found).toEqual(expected)
    })

    test('a server that wants less is found', async () => {
      expect(await toPooler(small, 'open', 'small_open_service', 'misnamed')).toEqual({
        'its own': 'logged in',
        'its own, with TLS 1.2': 'logged in',
        'another pooler’s': 'logged in',
        'a stranger’s with its name': 'logged in',
        none: 'FATAL:  connection requires a valid client certificate',
        'none, in plain text': 'fe_sendauth: no password supplied',
        'as the application, its own': 'logged in',
        'as the application, a stranger’s': 'logged in',
        'as the application, none': 'logged in',
        'as the application, none, in plain text': 'logged in',
      })
    })

    /** What comes of logins as the monitor from where ops stands, by the server and what differs. */
    const fromOps = (at: Place, keys: readonly string[]) => {
      const logins = keys.flatMap((key) => {
        const { database, password } = at.loginOf({ key, via: 'direct', role: 'monitor' })
        const right = { PGHOST: `postgres-${key}`, PGDATABASE: database, PGUSER: 'monitor', PGPASSWORD: password, PGSSLMODE: 'verify-full' }
        const login = { ...right, PGSSLROOTCERT: '/secrets/ca.crt', ...none }
        return Object.entries<Login>({
          'as it should be': login,
          'in plain text': { ...login, PGSSLMODE: 'disable' },
          'with TLS 1.2': { ...login, PGSSLROOTCERT: `/stranger/${at.project.prefix}.crt`, PGSSLMAXPROTOCOLVERSION: 'TLSv1.2' },
          'trusting another authority': { ...login, PGSSLROOTCERT: '/stranger/ca.crt' },
        }).map(([name, login]) => [`${key}, ${name}`, login] as const)
      })
      return psqlAt(at.project, `${at.project.prefix}_ops`, Object.fromEntries(logins), volumes(at))
    }

    test('a server and ops want the same of each other', async () => {
      const keys = services.map(([key]) => key)
      const expected = services.flatMap(([key, , database]) => [
        [`${key}, as it should be`, 'logged in'],
        [`${key}, in plain text`, noEncryption(`${project.subnetBase}.${addresses[key]![1]}`, 'monitor', database)],
        [`${key}, with TLS 1.2`, olderProtocol],
        [`${key}, trusting another authority`, 'SSL error: certificate verify failed'],
      ])
      expect(await fromOps(shared, keys)).toEqual(Object.fromEntries(expected))
    })

    test('servers that want less or are not what they seem are found', async () => {
      const found = await fromOps(small, ['open', 'forged', 'misnamed'])
      expect(found).toMatchObject({
        'open, as it should be': 'SSL error: certificate verify failed',
        'open, in plain text': 'logged in',
        'open, with TLS 1.2': 'logged in',
        'open, trusting another authority': 'logged in',
        'forged, as it should be': 'SSL error: certificate verify failed',
        'misnamed, as it should be': expect.stringMatching(
          /^server certificate for "postgres-forged" .*does not match host name "postgres-misnamed"$/,
        ),
      })
    })
  })
})
