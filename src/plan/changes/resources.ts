import { sharedMemorySize } from '../../fleet/shm.ts'
import type { Service } from '../../fleet/types.ts'
import { formatSize } from '../../fleet/units.ts'
import type { Draft } from './draft.ts'
import { same } from './pairs.ts'
import { effectOn, type ServiceScope } from './scope.ts'
import { counts, ratio } from './values.ts'

/** What a server may use, and what its numbers are derived from. */
export function resourceChanges(scope: ServiceScope): Draft[] {
  const { name, before, after } = scope
  const change = (key: string, subject: string, more: Partial<Draft>): Draft => ({
    target: `${name}/${key}`,
    area: 'resources',
    kind: 'changed',
    service: after.key,
    subject,
    at: { base: [...before.origin, key], head: [...after.origin, key] },
    ...more,
  })
  const anew = { effect: effectOn(scope, after.host, 'none'), on: [after.host] } as const
  const changes: Draft[] = []
  if (before.memory !== after.memory) changes.push(change('memory', 'memory limit', { ...sized(before.memory, after.memory), ...anew }))
  if (before.cpus !== after.cpus) changes.push(change('cpus', 'processors', { ...counts(before.cpus, after.cpus), ...anew }))
  const [shared, now] = [before, after].map(sharedMemorySize) as [number, number]
  if (shared !== now)
    changes.push(
      change('shm_size', 'shared memory of its container (/dev/shm)', {
        ...sized(shared, now),
        ...anew,
        at: { base: before.origin, head: after.origin },
      }),
    )
  if (before.disk !== after.disk) changes.push(change('disk', 'expected size', sized(before.disk, after.disk)))
  if (before.workload !== after.workload)
    changes.push(change('workload', 'workload', { before: before.workload, after: after.workload, note: 'the tuning profile' }))
  if (!same(before.assumptions, after.assumptions))
    changes.push(change('assumptions', 'assumptions of the memory proof', { ...assumed(before, after) }))
  return changes
}

function sized(before: number, after: number) {
  const note = ratio(before, after)
  const text = (size: number) => (size === 0 ? 'not given' : formatSize(size))
  return { before: text(before), after: text(after), ...(note === undefined ? {} : { note }) }
}

function assumed(before: Service, after: Service) {
  const text = ({ assumptions: { operationsPerConnection, backendOverhead, manualMaintenance, backupRatio } }: Service) =>
    `${operationsPerConnection} operations, ${formatSize(backendOverhead)} overhead, ${manualMaintenance} maintenance, backups ${backupRatio} of the data`
  return { before: text(before), after: text(after) }
}
