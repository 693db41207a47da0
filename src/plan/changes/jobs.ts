import { nextRuns } from '../../report/next-runs.ts'
import type { Draft } from './draft.ts'
import { kindOf, pairs } from './pairs.ts'
import type { ServiceScope } from './scope.ts'

/** What the ops container runs in a database. It reads its files again within a minute. */
export function jobChanges({ name, before, after, from }: ServiceScope): Draft[] {
  return pairs(before.jobs, after.jobs, (job) => job.name).flatMap((pair): Draft[] => {
    const { key, before: old, after: now } = pair
    if (old?.schedule === now?.schedule && old?.call === now?.call) return []
    const text = (job: typeof old) =>
      job && [old?.schedule === now?.schedule ? '' : job.schedule, old?.call === now?.call ? '' : job.call].filter(Boolean).join(' ')
    return [
      {
        target: `${name}/job/${key}`,
        area: 'job',
        kind: kindOf(pair),
        service: after.key,
        subject: `job ${key}`,
        ...(old ? { before: text(old)! } : {}),
        ...(now ? { after: text(now)! } : {}),
        ...(now && old?.schedule !== now.schedule ? { note: runsNote(now.schedule, from) } : {}),
        at: { ...(old ? { base: old.origin } : {}), ...(now ? { head: now.origin } : {}) },
      },
    ]
  })
}

/** The next three runs after a moment, in UTC. */
export function runsNote(schedule: string, from: Date): string {
  const task = { name: '', schedule, args: [], comment: '', origin: [] }
  const runs = nextRuns([task], from, 3)[0]?.runs ?? []
  return runs.length === 0 ? 'never runs' : `next runs ${runs.map((at) => at.toISOString().slice(0, 16).replace('T', ' ')).join(', ')} UTC`
}
