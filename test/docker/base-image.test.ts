// What the fleet's images rely on in postgres:17-trixie. The same cases hold for the official image and for what stands in for it.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { docker, tryDocker } from '../support/docker.ts'
import { describeDocker, project } from '../support/docker-fleet.ts'

describeDocker('the base image', () => {
  let image: string
  let folder: string
  let name: string
  const psql = (...args: string[]) =>
    docker(['exec', name, 'psql', '-XAtq', '-U', 'someone', '-d', 'shop', ...args]).then((text) => text.trim())

  beforeAll(async () => {
    image = project.environment['PGFLEET_POSTGRES_17_IMAGE'] ?? 'postgres:17-trixie'
    name = `${project.prefix}-base-image`
    folder = mkdtempSync(join(tmpdir(), 'pgfleet-base-image-'))
    writeFileSync(join(folder, 'password'), 'from a file', { mode: 0o644 })
    writeFileSync(join(folder, '1.sql'), 'CREATE TABLE made_by_sql ()', { mode: 0o644 })
    writeFileSync(join(folder, '2.sh'), '#!/bin/sh\npsql -U "$POSTGRES_USER" -d "$POSTGRES_DB" -c "CREATE TABLE made_by_sh ()"', {
      mode: 0o755,
    })
    await docker(['rm', '--force', '--volumes', name])
    const mounts = ['password:/password', '1.sql:/docker-entrypoint-initdb.d/1.sql', '2.sh:/docker-entrypoint-initdb.d/2.sh']
    const variables = [
      'POSTGRES_USER=someone',
      'POSTGRES_DB=shop',
      'POSTGRES_PASSWORD_FILE=/password',
      'POSTGRES_INITDB_ARGS=--data-checksums --auth-local=trust',
    ]
    const options = [...mounts.flatMap((mount) => ['--volume', `${folder}/${mount}:ro`]), ...variables.flatMap((each) => ['--env', each])]
    await docker(['run', '--detach', '--name', name, ...options, image, 'postgres', '-c', 'work_mem=5MB'])
    const isReady = async () => (await tryDocker(['exec', name, 'pg_isready', '-h', '127.0.0.1'])).code === 0
    for (let i = 0; i < 150 && !(await isReady()); i++) await setTimeout(200)
  })
  afterAll(async () => {
    await docker(['rm', '--force', '--volumes', name])
    rmSync(folder, { recursive: true, force: true })
  })

  test.each([
    ['runs as user and group 999', ['stat', '-c', '%u %g', '/proc/1'], '999 999'],
    ['runs the server as its first process', ['cat', '/proc/1/comm'], 'postgres'],
    ['keeps the data where the volume is mounted', ['cat', '/var/lib/postgresql/data/PG_VERSION'], '17'],
    ['names its major version', ['printenv', 'PG_MAJOR'], '17'],
    ['finds initdb', ['which', 'initdb'], '/usr/lib/postgresql/17/bin/initdb'],
  ])('%s', async (_, argv, expected) => expect((await docker(['exec', name, ...argv])).trim()).toBe(expected))

  test('made user and database as told, and ran the init files', async () => {
    expect(await psql('-c', 'SELECT rolname FROM pg_roles WHERE rolsuper')).toBe('someone')
    expect(await psql('-c', "SELECT string_agg(relname, ' ' ORDER BY relname) FROM pg_class WHERE relname LIKE 'made%'")).toBe(
      'made_by_sh made_by_sql',
    )
  })

  test('hands arguments to initdb and to the server', async () => {
    expect(await psql('-c', 'SHOW data_checksums', '-c', 'SHOW work_mem')).toBe('on\n5MB')
  })

  test('took the password from the file, and asks for it over the network', async () => {
    // Loopback is trusted; this address of the container is not.
    const login = (password: string) =>
      tryDocker([
        'exec',
        '--env',
        `PGPASSWORD=${password}`,
        name,
        'sh',
        '-c',
        `psql -XAtqw -h $(hostname -i) -U someone -d shop -c 'SELECT 1'`,
      ])
    expect(await login('from a file')).toMatchObject({ code: 0, out: '1\n' })
    expect((await login('another')).err).toContain('password authentication failed')
  })

  test.each([
    ['without a password', [], 'superuser password is not specified'],
    [
      'with a password given twice',
      ['POSTGRES_PASSWORD=a', 'POSTGRES_PASSWORD_FILE=/b'],
      'both POSTGRES_PASSWORD and POSTGRES_PASSWORD_FILE are set',
    ],
  ])('does not start %s', async (_, variables, message) => {
    const { code, err } = await tryDocker(['run', '--rm', '--network', 'none', ...variables.flatMap((each) => ['--env', each]), image])
    expect(code).toBe(1)
    expect(err).toContain(message)
  })

  test('what stands in for it says what it lacks', async () => {
    if (!project.environment['PGFLEET_POSTGRES_17_IMAGE']) return
    const { code, err } = await tryDocker([
      'run',
      '--rm',
      '--network',
      'none',
      '--env',
      'POSTGRES_PASSWORD=a',
      '--env',
      'POSTGRES_INITDB_WALDIR=/wal',
      image,
    ])
    expect({ code, err }).toEqual({ code: 1, err: 'error: this stand-in for the official image does not support POSTGRES_INITDB_WALDIR\n' })
  })
})
