import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { choosePooler } from '../../../src/runtime/embedded/pooler-choice.ts'

const folder = mkdtempSync(join(tmpdir(), 'pgfleet-test-'))
chmodSync(folder, 0o755)
afterAll(() => rmSync(folder, { recursive: true, force: true }))

let programs = 0
/** A folder with a `pgbouncer` that prints this when it is asked for its version. */
function pgbouncer(output: string, mode = 0o755): { folder: string; program: string } {
  const own = mkdtempSync(join(folder, `${++programs}-`))
  chmodSync(own, 0o755)
  const program = join(own, 'pgbouncer')
  writeFileSync(program, `#!/bin/sh\n[ "$*" = --version ] && printf '%s\\n' '${output}'\n`)
  chmodSync(program, mode)
  return { folder: own, program }
}
const search = (path: string) => choosePooler({ named: undefined, path }, undefined)
const isRoot = process.getuid?.() === 0

describe('a version', () => {
  test.each([
    ['PgBouncer 1.18.0\nlibevent 2.1.12-stable', '1.18.0', '1.18'],
    ['PgBouncer 1.24.1', '1.24.1', '1.24'],
    ['PgBouncer 1.20', '1.20', '1.20'],
    // Newer than the catalogue: as the newest that it has.
    ['PgBouncer 1.25.0', '1.25.0', '1.24'],
    ['PgBouncer 2.1.0', '2.1.0', '1.24'],
  ])('%j', async (output, version, catalogued) => {
    const { folder, program } = pgbouncer(output)
    expect(await search(folder)).toEqual({ program, version, catalogued, osUser: expect.stringMatching(/./) })
  })

  test.each([
    ['PgBouncer 1.17.0', 'is PgBouncer 1.17.0, which is too old'],
    ['PgBouncer version 1.9.0 (Debian)', 'is PgBouncer 1.9.0, which is too old'],
    ['PgBouncer', 'cannot be used: it does not tell its version'],
    ['something else', 'cannot be used: it does not tell its version'],
  ])('%j is none', async (output, why) => {
    const { folder, program } = pgbouncer(output)
    expect(await search(folder)).toBe(`${program} ${why}`)
  })
})

describe('a program', () => {
  test('is the first in PATH that can be run; relative parts of it do not count', async () => {
    const [hidden, first, second] = [pgbouncer('PgBouncer 1.19.0', 0o644), pgbouncer('PgBouncer 1.20.0'), pgbouncer('PgBouncer 1.21.0')]
    expect(await search(`:.:${hidden.folder}:${first.folder}:${second.folder}`)).toMatchObject({ version: '1.20.0' })
  })

  test('that is named is the one, or an error', async () => {
    const [named, other] = [pgbouncer('PgBouncer 1.20.0'), pgbouncer('PgBouncer 1.21.0')]
    expect(await choosePooler({ named: named.program, path: other.folder }, undefined)).toMatchObject({ version: '1.20.0' })
    await expect(choosePooler({ named: '/nowhere/pgbouncer', path: other.folder }, undefined)).rejects.toMatchObject({
      code: 'pgbouncer-binary',
      message: 'cannot use /nowhere/pgbouncer: there is no such program',
    })
  })

  test('is not wanted', async () => {
    const { folder } = pgbouncer('PgBouncer 1.24.0')
    expect(await choosePooler({ named: 'none', path: folder }, undefined)).toBe('PGFLEET_PGBOUNCER says none')
  })

  test.runIf(isRoot)('that the user of the servers may not run is none', async () => {
    const { folder, program } = pgbouncer('PgBouncer 1.24.0', 0o700)
    const nobody = { uid: 65_534, gid: 65_534 }
    expect(await choosePooler({ named: undefined, path: folder }, nobody)).toBe(
      `${program} cannot be used: user number 65534, as whom servers run, may not run it`,
    )
    chmodSync(program, 0o755)
    expect(await choosePooler({ named: undefined, path: folder }, nobody)).toMatchObject({ program, osUser: 'nobody' })
  })

  test.runIf(isRoot)('is none for a user without a name: the server could not know it', async () => {
    const { folder } = pgbouncer('PgBouncer 1.24.0')
    expect(await choosePooler({ named: undefined, path: folder }, { uid: 54_321, gid: 54_321 })).toBe(
      'the user that servers run as has no name to know the pooler by',
    )
  })
})
