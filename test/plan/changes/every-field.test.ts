// No field of services.yaml changes in silence: the comparison names it, and names it for what it is.
import { expect, test } from 'vitest'
import { stringify } from 'yaml'
import { diffFleets } from '../../../src/plan/changes/diff-fleets.ts'
import type { CompiledSide } from '../../../src/plan/changes/side.ts'
import { full, leaves, otherValue, sql, valueAt, withValue } from '../../support/every-field.ts'
import { compileText } from '../../support/fleet.ts'

/** Values that are no mistake, where those of the other test are one. */
const fine: Readonly<Record<string, unknown>> = {
  'host.memory': '32GiB',
  'host.cpus': 12,
  'host.disk': '3TiB',
  'assumptions.operations_per_connection': 2,
  'assumptions.backend_overhead': '6MiB',
  'assumptions.manual_maintenance': 2,
  'assumptions.backup_ratio': 0.3,
  'services.*.port': 5437,
  'services.*.pool.port': 6437,
  'services.*.references.*': 'stock:stock.parts.id',
  'services.*.timeseries.*.compliance': [],
  'services.*.assumptions.operations_per_connection': 2,
  'services.*.assumptions.backend_overhead': '6MiB',
  'services.*.assumptions.manual_maintenance': 2,
  'services.*.assumptions.backup_ratio': 0.3,
  'backup.disk': '2TiB',
}

/** No other value of these fits the rest of this fleet, or the target takes none: TimescaleDB Community is refused. */
const none = [
  'services.*.timescaledb',
  'services.*.schemas[]',
  'services.*.timeseries.*.compliance[]',
  'services.*.timeseries.*.compress_after',
]

const elsewhere = Object.fromEntries(
  Object.entries(sql).map(([path, text]) => [path.replace('orders', '').replace('//', '/elsewhere/'), text]),
)

const compiled = async (config: unknown): Promise<CompiledSide | undefined> => {
  const { fleet, artifacts } = await compileText(stringify(config), { ...sql, ...elsewhere })
  return fleet && { fleet, artifacts }
}
const base = (await compiled(full))!

/** Permissions are no part of what runs; what they do is in allow.test.ts. */
const fields = leaves.filter(({ name }) => !name.startsWith('allow') && name !== 'version' && !none.includes(name))

test.each(fields.map((field) => [field.name, field] as const))('%s is named when it changes', async (_, field) => {
  const head = await compiled(withValue(field.path, fine[field.name] ?? otherValue(field, valueAt(full, field.path))))
  expect(head).toBeDefined()
  const { changes } = diffFleets(base, head!, { from: new Date('2026-06-01T00:00:00Z') })
  expect(changes.length).toBeGreaterThan(0)
  expect(changes.filter(({ area }) => area === 'file')).toEqual([])
})
