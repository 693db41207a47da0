import type { Change, DestroyRule } from './types.ts'

/** What does not come back with the services.yaml from before. */
const lost: Readonly<Record<DestroyRule, string>> = {
  'service-removed': 'its data is in its volume until that is removed by hand, and in no new backup',
  'database-replaced': 'what was written to the new database stays there; the old one is on the server until it is dropped by hand',
  'volume-replaced': 'what was written since stays in the new volume; the old one is there until it is removed by hand',
  'schema-removed': 'what was dropped by hand or by SQL comes from a backup only',
  'role-removed': 'what it owned stays with the owner of the database',
  'extension-removed': 'what was dropped by hand or by SQL comes from a backup only',
  'retention-shortened': 'rows that were deleted in the meantime come from a backup only',
  'backup-reduced': 'backups that were deleted or not verified in the meantime do not come back',
  'durability-off': 'what a crash took in the meantime is gone',
  'major-on-same-volume': 'what was written to another major version; it refuses the files of this one and leaves them as they are',
}

/** What going back does not bring back, as a reader is told. */
export function lostBy({ destroys, impact, subject, service, area, kind }: Change): string[] {
  const what = service === undefined ? subject : `${subject} (${service})`
  // The ledger of the database knows it: generators/init-sql/migrations.hbs.
  if (area === 'sql' && kind === 'added')
    return [
      `${what}: ${destroys ? lost[destroys.rule] : 'what it made stays'}; where it was applied the file must stay, too: take it back by a new file`,
    ]
  if (destroys) return [`${what}: ${lost[destroys.rule]}`]
  if (impact !== 'migration') return []
  if (area === 'service') return [`${what}: what was written since stays in the new volume`]
  return [`${what}: what it made stays`]
}
