import type { Duration } from '../../fleet/data-types.ts'
import type { BackupPlan, Fleet } from '../../fleet/types.ts'
import { formatSize } from '../../fleet/units.ts'
import type { Draft } from './draft.ts'
import { runsNote } from './jobs.ts'
import type { FleetScope, ServiceScope } from './scope.ts'
import { ratio } from './values.ts'

const days = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday']

type Tier = 'daily' | 'weekly' | 'monthly'

/** When backups are made and verified, and how long they are kept. */
export function backupChanges({ base, head, from }: FleetScope): Draft[] {
  const change = (key: string, subject: string, more: Partial<Draft>): Draft => ({
    target: `backup/${key}`,
    area: 'backup',
    kind: 'changed',
    subject,
    at: { base: ['backup', key], head: ['backup', key] },
    ...more,
  })
  const changes: Draft[] = []
  for (const tier of ['daily', 'weekly', 'monthly'] as const) {
    const [old, now] = [keepOf(base, tier), keepOf(head, tier)]
    const [earlier, later] = [base, head].map((fleet) => scheduleOf(fleet, `backup-${tier}`))
    const moved = earlier !== later
    if (old.seconds === now.seconds && !moved) continue
    const note = [ratio(old.seconds, now.seconds), moved && later ? runsNote(later, from) : ''].filter(Boolean).join(', ')
    changes.push(
      change(tier, `${tier} backup`, {
        before: [moved ? earlier : '', `kept ${old.text}`].filter(Boolean).join(', '),
        after: [moved ? later : '', `kept ${now.text}`].filter(Boolean).join(', '),
        note,
        loses: now.seconds < old.seconds ? 'backup-reduced' : undefined,
        ...(now.seconds < old.seconds ? { advice: 'older backups are deleted after the next one of this kind' } : {}),
      }),
    )
  }
  const [earlier, later] = [base, head].map(({ backup: { verify } }) => `${days[verify.on]} ${verify.at}`)
  if (earlier !== later) changes.push(change('verify', 'verification of the backups', verified(head, from, earlier!, later!)))
  if (base.backup.disk !== head.backup.disk)
    changes.push(change('disk', 'disk of the backups', { before: diskText(base.backup), after: diskText(head.backup) }))
  return changes
}

/** A backup of the critical class is verified daily, one of the standard class weekly. */
export function backupClassChanges({ name, before, after }: ServiceScope): Draft[] {
  if (before.backupClass === after.backupClass) return []
  return [
    {
      target: `${name}/backup`,
      area: 'backup',
      kind: 'changed',
      service: after.key,
      subject: 'backup class',
      before: before.backupClass,
      after: after.backupClass,
      note: `verified ${after.backupClass === 'critical' ? 'daily' : 'weekly'}`,
      loses: after.backupClass === 'standard' ? 'backup-reduced' : undefined,
      at: { base: [...before.origin, 'backup', 'class'], head: [...after.origin, 'backup', 'class'] },
    },
  ]
}

const keepOf = ({ backup }: Fleet, tier: Tier): Duration => backup[tier].keep
const scheduleOf = ({ schedule }: Fleet, task: string): string | undefined => schedule.find(({ name }) => name === task)?.schedule
const diskText = ({ disk }: BackupPlan): string => (disk === undefined ? 'not given' : formatSize(disk))

function verified(head: Fleet, from: Date, before: string, after: string): Partial<Draft> {
  const schedule = scheduleOf(head, 'verify-standard') ?? scheduleOf(head, 'verify-critical')
  return { before, after, ...(schedule ? { note: runsNote(schedule, from) } : {}) }
}
