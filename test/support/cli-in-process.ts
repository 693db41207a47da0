// The command line without a process for each call: the whole command table on a context that the test makes.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CommanderError } from 'commander'
import picocolors from 'picocolors'
import { afterAll } from 'vitest'
import type { Context } from '../../src/cli/context.ts'
import { printFailure } from '../../src/cli/failure.ts'
import { createProgram } from '../../src/cli/program.ts'
import type { Ran } from './cli.ts'

export type InProcess = {
  readonly in: string
  readonly env?: Context['env']
  /** What time it is; 2026-06-01, noon, when it is not given. */
  readonly now?: string
  readonly colors?: boolean
}

const cacheDir = mkdtempSync(join(tmpdir(), 'pgfleet-test-cache-'))
afterAll(() => rmSync(cacheDir, { recursive: true, force: true }))

/** As src/cli/main.ts does it. */
export async function inProcess(args: readonly string[], options: InProcess): Promise<Ran> {
  const { in: cwd, env = {}, now = '2026-06-01T12:00:00Z', colors = false } = options
  const text = { out: '', err: '' }
  let code: number | null = null
  const out = (more: string) => {
    text.out += more
  }
  const err = (more: string) => {
    text.err += more
  }
  const context: Context = {
    cwd,
    env: { PATH: process.env['PATH'], ...env },
    cacheDir,
    version: '0.0.0',
    out,
    err,
    colorsOut: picocolors.createColors(colors),
    colorsErr: picocolors.createColors(colors),
    interactive: false,
    columns: undefined,
    now: () => new Date(now),
  }
  const program = createProgram(
    (given) => (code = given),
    () => context,
  )
  for (const command of [program, ...program.commands]) command.configureOutput({ writeOut: out, writeErr: err })
  try {
    await program.parseAsync(['node', 'pgfleet', ...args])
  } catch (error) {
    if (error instanceof CommanderError) code = error.exitCode === 0 ? 0 : 2
    else {
      printFailure(error, err)
      code = 3
    }
  }
  return { code, ...text }
}
