import { spawnSync } from 'node:child_process'
import { describe, expect, test } from 'vitest'
import { schedule } from '../../generators/schedule/schedule.ts'
import { fleetOf, smallFleet } from '../support/fleet.ts'
import { inTrixie, trixieRoot } from '../support/trixie-root.ts'

const usable = inTrixie('usr/bin/crontab').found && process.getuid?.() === 0

/** What Debian's own crontab says to a text without installing it. It reads crontabs of users, which have no field for one. */
function checked(text: string): { ok: boolean; message: string } {
  const { status, stderr } = spawnSync('chroot', [trixieRoot, 'crontab', '-n', '-'], { input: text, encoding: 'utf8' })
  return { ok: status === 0, message: stderr }
}

describe.skipIf(!usable)('crontab -n of Debian', () => {
  test('accepts every line', async () => {
    const fleet = await fleetOf(
      smallFleet(
        'jobs: { tidy: { schedule: "*/5 1-3 * * 1,5", call: CALL public.tidy() } }\nschemas: [app]\nretention: { app.events: { column: at, keep: 90 days } }',
      ),
    )
    const text = [...schedule.generate(fleet)][0]!.content
    const withoutUser = text.replace(/^((?:\S+ ){5})root /gm, '$1')
    expect(withoutUser.split('\n').filter((line, index) => line !== text.split('\n')[index])).toHaveLength(fleet.schedule.length)
    expect(checked(withoutUser)).toMatchObject({ ok: true })
  })

  test('refuses a planted error', () =>
    expect(checked('61 * * * * true\n')).toMatchObject({ ok: false, message: expect.stringContaining('bad minute') }))
})
