import { expect, test } from 'vitest'
import { diffFleets } from '../../../src/plan/changes/diff-fleets.ts'
import type { CompiledSide } from '../../../src/plan/changes/side.ts'
import type { BudgetRow } from '../../../src/plan/changes/types.ts'
import { compileText } from '../../support/fleet.ts'

const text = `version: 1
fleet: shop
host: { memory: 16GiB, cpus: 8, disk: 1000GiB, storage: ssd }
backup: { disk: 8TiB }
services:
  orders: { port: 5432, memory: 2GiB, cpus: 2, disk: 100GiB }
  stock: { port: 5433, memory: 2GiB, cpus: 1, disk: 100GiB }
`

const compiled = async (yaml: string): Promise<CompiledSide> => {
  const { fleet, artifacts, diagnostics } = await compileText(yaml)
  if (!fleet) throw new Error(JSON.stringify(diagnostics))
  return { fleet, artifacts }
}
const rows = async (from: string, to: string): Promise<readonly BudgetRow[]> =>
  diffFleets(await compiled(text), await compiled(text.replace(from, to)), { from: new Date(0) }).budgets

const GiB = 1024 ** 3

test('the host has a row of each kind, a service those of its proofs and of what it takes more or less of the host', async () => {
  const all = await rows('memory: 2GiB, cpus: 2, disk: 100GiB', 'memory: 4GiB, cpus: 4, disk: 300GiB')
  expect(all.map(({ service = 'host', kind }) => `${service} ${kind}`).sort()).toEqual([
    'host backup-disk',
    'host cpus',
    'host disk',
    'host memory',
    'orders backup-disk',
    'orders connections',
    'orders cpus',
    'orders disk',
    'orders memory',
  ])
  const of = (service: string | undefined, wanted: BudgetRow['kind']) => all.find((row) => row.service === service && row.kind === wanted)
  expect(of(undefined, 'cpus')).toEqual({
    kind: 'cpus',
    unit: 'cpus',
    before: { used: 3, limit: 8 },
    after: { used: 5, limit: 8 },
    tight: false,
  })
  expect(of('orders', 'disk')).toMatchObject({
    before: { used: 100 * GiB, limit: 1000 * GiB },
    after: { used: 300 * GiB, limit: 1000 * GiB },
  })
  // 30 daily, 12 weekly and 12 monthly backups, each a fifth of the data.
  expect(of('orders', 'backup-disk')!.after!.used / GiB).toBeCloseTo(3240)
})

test.each([
  [6, false], // 7 of 8
  [7, true], // 8 of 8
])('less than a tenth left is tight: orders takes %i processors', async (cpus, tight) => {
  const all = await rows('cpus: 2, disk', `cpus: ${cpus}, disk`)
  expect(all.find(({ service, kind }) => service === undefined && kind === 'cpus')).toMatchObject({ tight })
})

test('a limit that follows from its sum is not tight, one that is declared is', async () => {
  const connections = (all: readonly BudgetRow[]) => all.find(({ service, kind }) => service === 'orders' && kind === 'connections')!
  expect(connections(await rows('cpus: 2, disk', 'cpus: 3, disk'))).toMatchObject({ after: { used: 38, limit: 38 }, tight: false })
  expect(connections(await rows('cpus: 2, disk: 100GiB', 'cpus: 2, disk: 100GiB, settings: { max_connections: 40 }'))).toMatchObject({
    after: { used: 38, limit: 40 },
    tight: true,
  })
})
