// No secret of the fleet is anywhere but in the folder of secrets, after everything that handles secrets has been done.
import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Client } from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { folderOf, installCli, oneService, pgfleet } from '../support/cli.ts'
import { docker, tryDocker } from '../support/docker.ts'
import { shellImage } from '../support/docker-faults.ts'
import { console as consoleOf, containerOf, describeDocker, fleet, loginOf, project, superuserRun } from '../support/docker-fleet.ts'
import { contentsOf, fileOf, filesBelow, imagesOf, inspectionsOf, logsOf, processesOf, textOf } from '../support/docker-haystacks.ts'
import { containersOf } from '../support/docker-project.ts'
import { type Haystack, type Needle, needlesIn, searchFor } from '../support/secret-search.ts'

const compose = ['--runtime', 'compose']
/** Commands that know secrets, and the exit codes with which they have done their work: 1 tells of drift. */
const commands: readonly (readonly [readonly string[], readonly number[]])[] = [
  [['secrets', 'init'], [0]],
  [['secrets', 'init', '--json'], [0]],
  [['secrets', 'rotate', 'notifications', '--certificates', '--passwords'], [0]],
  [['secrets', 'rotate', 'notifications', '--passwords', '--json'], [0]],
  [['secrets', 'urls'], [0]],
  [['secrets', 'urls', '--json'], [0]],
  [['generate', '--check'], [0]],
  [['up', ...compose], [0]],
  [
    ['apply', '--json'],
    [0, 1],
  ],
  [
    ['status', ...compose],
    [0, 1],
  ],
  [
    ['status', ...compose, '--json'],
    [0, 1],
  ],
  [
    ['verify', ...compose, '--evidence', 'EVIDENCE'],
    [0, 1],
  ],
  [
    ['verify', ...compose, '--json'],
    [0, 1],
  ],
  [['logs'], [0]],
]

/** What the server and the pooler of a service show of their statements and settings. */
const viewsOf = (key: string): Haystack[] => [
  {
    place: `views of ${key}`,
    async *read() {
      const views = ['extensions.pg_stat_statements', 'pg_stat_activity', 'pg_settings', 'pg_db_role_setting', 'pg_description']
      yield await superuserRun(key, views.map((view) => `TABLE ${view};`).join('\n'))
    },
  },
  {
    place: `console of ${key}`,
    async *read() {
      for (const command of ['SHOW CONFIG', 'SHOW DATABASES']) yield JSON.stringify(await consoleOf(key, command))
    },
  },
]

describeDocker('the secrets of the fleet', () => {
  installCli()
  let folder: string
  let evidence: string
  let containers: readonly string[]
  let needles: readonly Needle[]
  const outputs: Haystack[] = []
  const run = (...args: string[]) => pgfleet(args, { in: process.cwd(), env: project.environment })
  const found = (haystacks: readonly Haystack[]) => searchFor(needles)(haystacks)

  beforeAll(async () => {
    folder = folderOf({ 'services.yaml': oneService() })
    evidence = join(folder, 'evidence.json')
    containers = await containersOf(project.prefix)
    const all = new Map<string, Needle>()
    // Those that a rotation replaces, and the new ones.
    const collect = () => {
      for (const needle of needlesIn(project.secrets)) all.set(needle.bytes.toString('latin1'), needle)
    }
    collect()
    for (const [args, codes] of commands) {
      const { code, out, err } = await run(...args.map((arg) => arg.replace('EVIDENCE', evidence)))
      if (!codes.includes(code ?? -1)) throw new Error(`pgfleet ${args.join(' ')}: exit code ${code}\n${out}${err}`)
      outputs.push(textOf(`pgfleet ${args.join(' ')}`, out + err))
      if (args[1] === 'rotate') collect()
    }
    needles = [...all.values()]
  })

  test('are all known: of each login and each key', () => {
    const names = needles.map(({ name }) => name)
    expect(names).toContain('passwords/users/treum_user_service (plain)')
    expect(names).toContain('services/users/server/verifiers/treum_user_service (plain)')
    expect(names).toContain('services/users/pooler/tls/server.key, line 1 (plain)')
    expect(names).toContain('ca.key, line 1 (plain)')
    // As it was, and after each of two rotations.
    expect(names.filter((name) => name === 'passwords/notifications/treum_notification_service (plain)')).toHaveLength(3)
    // A password and a verifier of four roles and more at nine servers.
    expect(names.filter((name) => /^passwords\/.*\(plain\)$/.test(name)).length).toBeGreaterThanOrEqual(36)
  })

  test('are not in what any command prints, nor in the evidence', async () => {
    expect(await found([...outputs, fileOf(evidence)])).toEqual([])
  })

  test('are printed on request', async () => {
    const plain = await run('secrets', 'urls', '--show-passwords')
    const json = await run('secrets', 'urls', '--show-passwords', '--json')
    const lines = await found([textOf('text', plain.out), textOf('JSON', json.out)])
    for (const { key, roles } of fleet.services)
      for (const { name, kind } of roles.filter(({ kind }) => kind === 'app' || kind === 'migrator'))
        for (const place of ['text', 'JSON']) expect(lines, kind).toContain(`${place}: passwords/${key}/${name} (plain)`)
    expect(lines.filter((line) => !/: passwords\/\S+ \(plain\)$/.test(line))).toEqual([])
  })

  test('are not in the generated files, nor in what Compose makes of them', async () => {
    const args = ['compose', '--file', join(project.out, 'docker-compose.separated-databases.yml'), 'config']
    const config = await docker(args, { env: project.environment })
    expect(await found([...filesBelow(project.out), textOf('docker compose config', config)])).toEqual([])
  })

  test('are in no layer and no configuration of an image', async () => {
    expect(await found([contentsOf(await imagesOf(containers))])).toEqual([])
  })

  test('are not in what the engine says of containers, images, networks and volumes, nor among arguments', async () => {
    expect(await found([...(await inspectionsOf(containers)), ...processesOf(containers)])).toEqual([])
  })

  test('are in no log', async () => {
    expect(await found(logsOf(containers))).toEqual([])
  })

  test('are not in the statistics of statements, in settings or on the console of a pooler', async () => {
    expect(await found(fleet.services.flatMap(({ key }) => viewsOf(key)))).toEqual([])
  })

  test('would be found in each of these places', async () => {
    // Secrets of another fleet, which nobody uses.
    await pgfleet(['secrets', 'init'], { in: folder })
    const secret = (path: string) => readFileSync(join(folder, 'secrets', path), 'utf8').trimEnd()
    const password = secret('passwords/orders/monitor')
    const verifier = secret('services/orders/server/verifiers/monitor')
    const planted = `${project.prefix}planted`
    const image = `pgfleet-test/${planted}`
    const tree = join(folder, 'tree')
    mkdirSync(tree)
    writeFileSync(join(tree, 'key.pem'), readFileSync(join(folder, 'secrets/services/orders/server/tls/server.key')))
    writeFileSync(join(tree, 'note'), `?${new URLSearchParams({ verifier })}`)
    const forget = async () => {
      await tryDocker(['rm', '--force', planted])
      await tryDocker(['image', 'rm', '--force', image])
      await superuserRun('users', `DROP ROLE IF EXISTS "${password}"`)
      await superuserRun(
        'users',
        `SELECT extensions.pg_stat_statements_reset(0, 0, queryid) FROM extensions.pg_stat_statements WHERE query LIKE '%${password}%'`,
      )
    }
    try {
      execFileSync('sh', ['-c', 'tar --create --directory "$1" . | docker import - "$2"', '-', tree, image], { stdio: 'pipe' })
      const script = 'printf "log: %s" "$PASSWORD" | base64 >&2; exec -a "$PASSWORD" sleep 600'
      const options = ['--detach', '--name', planted, '--network', 'none', '--env', `PASSWORD=${password}`]
      await docker(['run', ...options, shellImage(project), 'bash', '-c', script])
      await expect(superuserRun('users', `SELECT '${verifier}'::int`)).rejects.toThrow('invalid input syntax')
      await expect(new Client({ ...loginOf({ key: 'users', via: 'pool', role: 'monitor' }), user: password }).connect()).rejects.toThrow()
      await superuserRun('users', `SELECT 1 AS "${password}"`)
      await superuserRun('users', `CREATE ROLE "${password}"`)
      const verified = await run('verify', ...compose, '--evidence', evidence)
      const lines = await searchFor(needlesIn(join(folder, 'secrets')))([
        textOf('verify', verified.out),
        fileOf(evidence),
        ...filesBelow(tree),
        contentsOf([image]),
        ...(await inspectionsOf([planted])),
        ...processesOf([planted]),
        ...logsOf([planted, containerOf('postgres', 'users'), containerOf('pgbouncer', 'users')]),
        ...viewsOf('users'),
      ])
      const places = lines.map((line) => line.replace(/, line \d+ /, ' '))
      for (const place of [
        'verify: passwords/orders/monitor (plain)',
        `${evidence}: passwords/orders/monitor (plain)`,
        'note: services/orders/server/verifiers/monitor (in a URL)',
        'key.pem: services/orders/server/tls/server.key (plain)',
        'images: services/orders/server/tls/server.key (plain)',
        'docker container inspect: passwords/orders/monitor (plain)',
        `processes of ${planted}: passwords/orders/monitor (plain)`,
        `log of ${planted}: passwords/orders/monitor (base64, offset 2)`,
        `log of ${containerOf('postgres', 'users')}: services/orders/server/verifiers/monitor (plain)`,
        `log of ${containerOf('pgbouncer', 'users')}: passwords/orders/monitor (plain)`,
        'views of users: passwords/orders/monitor (plain)',
      ])
        expect(places).toContain(place)
    } finally {
      await forget()
    }
  })

  afterAll(() => rmSync(folder, { recursive: true, force: true }))
})
