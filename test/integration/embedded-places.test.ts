import {
  chmodSync,
  chownSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { openStateFolder, sharedFolder } from '../../src/runtime/embedded/state-folder.ts'
import { boot, cli, installedIn, processesBelow, query, temporaryFolder, yamlOf } from '../support/embedded.ts'

let folder: ReturnType<typeof temporaryFolder>
/** Outside of the folder: removed with it. */
let elsewhere: string[] = []
beforeEach(() => {
  folder = temporaryFolder()
  elsewhere = []
})
afterEach(() => {
  folder.remove()
  for (const path of elsewhere) rmSync(path, { recursive: true, force: true })
})

/** Boots a service there twice; its data is there the second time. Gives the folder that its servers were in. */
async function bootTwice(state: string): Promise<string> {
  const { yaml } = await yamlOf({ orders: 'sql: sql\nschemas: [app]' })
  const sql = { 'sql/0001-notes.sql': 'CREATE TABLE app.notes (id int);\n' }
  const { servers, alias } = await openStateFolder(state)
  elsewhere.push(...[servers, alias].filter((path) => !path.startsWith(folder.path)))
  for (const expected of [0, 1]) {
    const result = await boot(state, yaml, { sql })
    try {
      expect(result.services.map(({ reason }) => reason)).toEqual([undefined])
      expect(processesBelow(servers).length).toBeGreaterThan(4)
      expect(await query(result, 'orders', 'select count(*)::int from app.notes')).toEqual([{ count: expected }])
      await query(result, 'orders', 'insert into app.notes values (1)')
    } finally {
      await result.stop()
    }
  }
  expect(processesBelow(servers)).toEqual([])
  return servers
}

describe('a state folder', () => {
  test.each([
    ['with spaces and quotes', `it's "here" now`],
    ['with other characters', 'größe-日本, a;b $x #y %z'],
    ['with backslashes', 'a\\b'],
    ['deeper than a socket address reaches', join(...Array.from({ length: 6 }, (_, n) => `${n}`.repeat(40)))],
    ['beginning with a dash', '-rf'],
  ])('%s', async (_, name) => {
    const servers = await bootTwice(join(folder.path, name, '.pgfleet'))
    expect(servers).toBe(join(folder.path, name, '.pgfleet/servers'))
  })

  test('behind a symlink is the one that it leads to', async () => {
    mkdirSync(join(folder.path, 'real'))
    symlinkSync('real', join(folder.path, 'link'))
    expect(await bootTwice(join(folder.path, 'link/.pgfleet'))).toBe(join(realpathSync(folder.path), 'real/.pgfleet/servers'))
  })

  test('made under a strict umask', async () => {
    const umask = process.umask(0o077)
    try {
      await bootTwice(join(folder.path, '.pgfleet'))
    } finally {
      process.umask(umask)
    }
  })

  test('with a line break is refused: files that name it are read by lines', async () => {
    await expect(openStateFolder(join(folder.path, 'a\nb'))).rejects.toMatchObject({ code: 'state-folder' })
  })

  test('that cannot be one is an error that says so', async () => {
    writeFileSync(join(folder.path, 'file'), '')
    await expect(openStateFolder(join(folder.path, 'file/.pgfleet'))).rejects.toMatchObject({
      code: 'state-folder',
      message: expect.stringContaining(`cannot use the state folder ${folder.path}/file/.pgfleet: ENOTDIR`),
    })
  })

  test('whose alias somebody else has taken is an error that says so', async () => {
    const state = join(folder.path, 'a b')
    const { alias } = await openStateFolder(state)
    elsewhere.push(alias)
    rmSync(alias)
    symlinkSync('/etc', alias)
    await expect(openStateFolder(state)).rejects.toMatchObject({
      code: 'state-folder',
      message: expect.stringContaining(`${alias} is in the way`),
    })
  })
})

describe.runIf(process.getuid?.() === 0)('as root', () => {
  test('servers run as another user, and their data belongs to that user', async () => {
    const state = join(folder.path, '.pgfleet')
    const servers = await bootTwice(state)
    expect(statSync(join(servers, 'orders/data')).uid).toBe((await openStateFolder(state)).user?.uid)
    expect(statSync(join(servers, 'orders/data')).uid).not.toBe(0)
    expect(statSync(join(servers, 'orders/config')).uid).toBe(0)
  })

  test('data of an earlier run as another user stays with that user', async () => {
    const state = join(folder.path, '.pgfleet')
    const daemon = 1
    mkdirSync(join(state, 'servers/orders/data'), { recursive: true })
    chownSync(join(state, 'servers/orders/data'), daemon, daemon)
    expect((await openStateFolder(state)).user).toEqual({ uid: daemon, gid: daemon })
  })

  test('below a folder that only root may enter, servers are kept where their user can', async () => {
    chmodSync(folder.path, 0o700)
    const state = join(folder.path, 'project/.pgfleet')
    const servers = await bootTwice(state)
    expect(servers.startsWith(`${sharedFolder}/`)).toBe(true)
    expect(readFileSync(join(servers, 'project.txt'), 'utf8')).toBe(`${state}\n`)
    expect(readdirSync(join(state, 'logs'))).toContain('orders.log')
    // A copy of the project is another project.
    mkdirSync(join(folder.path, 'copy/.pgfleet'), { recursive: true })
    writeFileSync(join(folder.path, 'copy/.pgfleet/id'), readFileSync(join(state, 'id')))
    const copy = await openStateFolder(join(folder.path, 'copy/.pgfleet'))
    elsewhere.push(copy.servers)
    expect(copy.servers).not.toBe(servers)
  })

  test('a normal user needs no other', async () => {
    const nobody = 65_534
    const { yaml } = await yamlOf({ orders: '' })
    writeFileSync(join(folder.path, 'services.yaml'), yaml)
    const program = await installedIn(folder.path)
    chownSync(folder.path, nobody, nobody)
    const cache = join(folder.path, 'cache')
    const run = await cli(['up', 'services.yaml', '--once', '--json'], {
      program,
      uid: nobody,
      gid: nobody,
      cwd: folder.path,
      env: { PGFLEET_CACHE: cache },
    })
    let out = ''
    run.child.stdout?.on('data', (chunk) => (out += chunk))
    expect(await run.ended, run.output()).toBe(0)
    // One document, whatever there is to say about services.yaml.
    expect(() => JSON.parse(out)).not.toThrow()
    expect(statSync(join(folder.path, '.pgfleet/servers/orders/data')).uid).toBe(nobody)
    expect(statSync(join(folder.path, '.pgfleet/servers/orders/config')).uid).toBe(nobody)
    expect(processesBelow(folder.path)).toEqual([])
  })
})
