import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ops } from '../../../generators/ops/ops.ts'
import { opsFleet } from '../../../src/fleet/ops.ts'
import type { Fleet } from '../../../src/fleet/types.ts'
import { readOpsFleet } from '../../../src/runtime/ops/fleet-file.ts'
import { fleetOf, smallFleet } from '../../support/fleet.ts'

let folder: string
let fleet: Fleet
let text: string
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'pgfleet-fleet-file-'))
  fleet = await fleetOf(smallFleet('jobs: { tidy: { schedule: "* * * * *", call: CALL public.tidy() } }'))
  text = [...ops.generate(fleet)][0]!.content
})
afterAll(() => rmSync(folder, { recursive: true }))

const read = (content: string) => {
  const path = join(folder, 'fleet.json')
  writeFileSync(path, content)
  return readOpsFleet(path, 'out/ops/fleet.json')
}

test('what was generated is read back', async () => {
  expect(await read(text)).toMatchObject({ ...opsFleet(fleet) })
})

describe('refused, with what to do', () => {
  test.each([
    ['half of it', (whole: string) => whole.slice(0, 300), 'out/ops/fleet.json is damaged: '],
    ['no object', () => '[]', 'out/ops/fleet.json is damaged: it holds no object'],
    ['another version', (whole: string) => whole.replace('"version": 1', '"version": 2'), 'is of version 2, this pgfleet reads version 1'],
    ['no services', (whole: string) => whole.replace('"services"', '"others"'), 'damaged: services is missing'],
    ['a service without a host', (whole: string) => whole.replace('"host"', '"hosts"'), 'damaged: services[0]: host is missing'],
    ['a service without a role', (whole: string) => whole.replace('"backup": "', '"none": "'), 'services[0]: roles.backup is missing'],
    ['a job without a call', (whole: string) => whole.replace('"call"', '"cal"'), 'services[0]: jobs is missing'],
    ['a task without words', (whole: string) => whole.replace('"args"', '"arg"'), 'tasks[0]: args is missing'],
  ])('%s', async (_, change, message) => {
    expect(change(text)).not.toBe(text)
    await expect(read(change(text))).rejects.toMatchObject({
      code: 'ops-fleet',
      message: expect.stringContaining(message),
      hint: expect.stringContaining('pgfleet generate'),
    })
  })

  test('no file', async () => {
    await expect(readOpsFleet(join(folder, 'none'), 'none')).rejects.toMatchObject({
      code: 'ops-fleet',
      message: expect.stringContaining('cannot read none'),
    })
  })
})
