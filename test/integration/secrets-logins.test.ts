// What `secrets init` makes, used by a real server and real clients: libpq and node-postgres find their way with a password file or a URL.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { serverSecrets } from '../../src/fleet/secret-paths.ts'
import { composeTarget } from '../../src/fleet/targets.ts'
import type { Fleet, Service } from '../../src/fleet/types.ts'
import { ownFolder } from '../../src/io/owned-files.ts'
import { type ConnectionUrl, connectionUrls } from '../../src/runtime/secrets/urls.ts'
import { fleetOf, smallFleet } from '../support/fleet.ts'
import { filesIn, makeSecrets } from '../support/secrets.ts'
import { freePort, type ServerFolder, serverFolder, startTestServer, type TestServer, writeFiles } from '../support/server.ts'
import { serviceFiles } from '../support/service-files.ts'
import { canUseTrixie, runInTrixie, sharedFolder, type Trixie, trixie } from '../support/trixie.ts'

/** Names that a URL, a password file and a path could stumble over. */
const hostile = ['a:b', "it's", 'per%cent', 'a b', 'x@y', 'q?r=s&t', '#hash', '"quoted"', 'ünïcödé', '*', '-dash', '.hidden', '$HOME', 'é']
const roles = `roles: {${hostile.map((name) => `${JSON.stringify(name)}: { access: read-only }`).join(', ')}}`

describe.skipIf(!canUseTrixie)('logins with the secrets of a folder', () => {
  let place: ServerFolder
  let server: TestServer
  let service: Service
  let debian: Trixie
  let shared: ReturnType<typeof sharedFolder>
  const secrets = () => join(shared.outside, 'secrets')

  beforeAll(async () => {
    place = await serverFolder()
    debian = trixie()
    shared = sharedFolder(debian)
    const port = await freePort()
    const at = (name: string) => join(place.path, name)
    const paths = { config: at('config'), tls: at('tls'), verifiers: at('verifiers'), socket: at('socket') }
    const yaml = smallFleet('', roles)
      .replace('port: 5433', `port: ${port}`)
      .replace('cpus: 2', `cpus: 2\n    pool: { port: ${port === 65535 ? 1024 : port + 1} }`)
    const fleet: Fleet = await fleetOf(yaml, {}, { ...composeTarget(), build: 'embedded', paths: () => paths, listenPort: () => port })
    service = fleet.services[0]!
    mkdirSync(secrets())
    // It belongs to the user who will read it.
    await ownFolder(secrets(), 0o700, debian.user)
    expect((await makeSecrets(secrets(), fleet)).findings).toEqual([])

    const files = filesIn(join(secrets(), serverSecrets(service.key)))
    const inside = (folder: string) =>
      Object.fromEntries(
        Object.entries(files).flatMap(([path, text]) => (path.startsWith(folder) ? [[path.slice(folder.length), text]] : [])),
      )
    const { config, script } = serviceFiles(fleet, service.key)
    const access = `local all postgres trust\nhostssl all all 127.0.0.1/32 scram-sha-256\n`
    await writeFiles(paths.config, { ...config, 'pg_hba.conf': access }, 0o644, place.user)
    await writeFiles(paths.tls, inside('tls/'), 0o600, place.user)
    await writeFiles(paths.verifiers, inside('verifiers/'), 0o600, place.user)
    await ownFolder(paths.socket, 0o755, place.user)
    server = await startTestServer(place, { config: paths.config, socket: paths.socket, port })
    const query = async (database: string, text: string) => {
      const client = await server.connect({ database })
      await client.query(text).finally(() => client.end())
    }
    await query('postgres', `CREATE DATABASE ${service.database}`)
    await query(service.database, script.content)
  })
  afterAll(async () => {
    await server?.stop()
    await place?.remove()
    shared?.remove()
  })

  const urls = async (folder: string, withPasswords: boolean): Promise<ConnectionUrl[]> =>
    (await connectionUrls([service], { folder, bind: '127.0.0.1', withPasswords })).filter(({ through }) => through === 'server')
  // That it is TLS, pg_hba.conf sees to.
  const query = 'SELECT session_user'
  /** As libpq has it; the message when it is refused. */
  const psql = (url: string, passfile: string) => {
    try {
      return runInTrixie(debian, 'env', `PGPASSFILE=${passfile}`, 'psql', '-XAtqw', '-c', query, url).trimEnd()
    } catch (error) {
      return String((error as { stderr?: unknown }).stderr)
    }
  }

  test('libpq: every role with the password file, over TLS with verify-full', async () => {
    const inside = join(shared.inside, 'secrets')
    const found = (await urls(secrets(), false)).map(({ role, url }) => [role, psql(url.replace(secrets(), inside), `${inside}/pgpass`)])
    const names = [`${service.database}_migrator`, ...hostile]
    expect(found).toEqual(names.map((name) => [name, name]))
  })

  test('node-postgres: every role with the password in the URL, and with the password file', async () => {
    process.env['PGPASSFILE'] = join(secrets(), 'pgpass')
    for (const withPasswords of [true, false])
      for (const { role, url } of await urls(secrets(), withPasswords)) {
        // Its reader of password files knows no escape of an asterisk.
        if (role === '*' && !withPasswords) continue
        const client = new pg.Client(url)
        await client.connect()
        const { rows } = await client.query(query).finally(() => client.end())
        expect(rows).toEqual([{ session_user: role }])
      }
    delete process.env['PGPASSFILE']
  })

  test('without the password file, with wrong ones, or with another authority nobody gets in', async () => {
    const inside = join(shared.inside, 'secrets')
    const { url } = (await urls(secrets(), false))[0]!
    const local = url.replace(secrets(), inside)
    expect(psql(local, '/nonexistent')).toMatch(/no password supplied/)
    const wrong = readFileSync(join(secrets(), 'pgpass'), 'utf8').replace(/:[^:]*$/gm, ':wrong')
    await writeFiles(join(shared.outside, 'wrong'), { pgpass: wrong }, 0o600, debian.user)
    expect(psql(local, join(shared.inside, 'wrong/pgpass'))).toMatch(/password authentication failed/)
    writeFileSync(
      join(shared.outside, 'other.crt'),
      runInTrixie(debian, 'sh', '-c', 'openssl req -x509 -newkey rsa:2048 -nodes -keyout /dev/null -subj /CN=other -days 1 2>/dev/null'),
    )
    expect(psql(local.replace(`${inside}/ca.crt`, join(shared.inside, 'other.crt')), join(inside, 'pgpass'))).toMatch(
      /certificate verify failed/,
    )
  })
})
