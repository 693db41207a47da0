import { spawnSync } from 'node:child_process'
import { describe, expect, test } from 'vitest'
import { actions, runsOf, workflows } from './workflow-file.ts'

const found = spawnSync('shellcheck', ['--version']).status === 0

/** The options that `shell: bash` sets. */
const shellcheck = (script: string): string =>
  spawnSync('shellcheck', ['-s', 'bash', '-'], { input: `set -eo pipefail\n${script}`, encoding: 'utf8' }).stdout

describe.skipIf(!found)('shellcheck', () => {
  const scripts = [...workflows, ...actions].flatMap((file) =>
    runsOf(file).map(({ step, script }) => [`${file.path}: ${step}`, script] as const),
  )

  test.each(scripts)('finds nothing in %s', (_, script) => {
    expect(shellcheck(script)).toBe('')
  })

  test('and finds what is planted', () => {
    expect(shellcheck('rm -r $FOLDER/old')).toContain('SC2086')
  })
})
