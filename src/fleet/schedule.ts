import type { BackupPlan, ScheduledTask, Service } from './types.ts'

/** Old rows go before the nightly backup, so that they are not in it. */
const retentionAt = '0 1 * * *'

/** Fields of a time of day: `02:30` is `30 2`. */
function minuteAndHour(at: string): string {
  const [hour, minute] = at.split(':').map(Number)
  return `${minute} ${hour}`
}

/** Everything that runs on a clock: backups, their verification, retention, and the jobs of the services. */
export function scheduleOf(backup: BackupPlan, services: readonly Service[]): ScheduledTask[] {
  const at = backup.origin
  const tasks: ScheduledTask[] = []
  const add = (name: string, schedule: string, args: readonly string[], comment: string, origin = at) =>
    tasks.push({ name, schedule, args, comment, origin })

  const { daily, weekly, monthly, verify } = backup
  add(
    'backup-daily',
    `${minuteAndHour(daily.at)} * * *`,
    ['backup', 'run', 'daily', '--keep', daily.keep.text],
    `Daily backup of all databases, kept ${daily.keep.text}`,
  )
  add(
    'backup-weekly',
    `${minuteAndHour(weekly.at)} * * ${weekly.on}`,
    ['backup', 'run', 'weekly', '--keep', weekly.keep.text],
    `Weekly full backup, kept ${weekly.keep.text}`,
  )
  add(
    'backup-monthly',
    `${minuteAndHour(monthly.at)} ${monthly.day} * *`,
    ['backup', 'run', 'monthly', '--keep', monthly.keep.text],
    `Monthly archive, kept ${monthly.keep.text}`,
  )

  const ofClass = (wanted: Service['backupClass']) => services.filter(({ backupClass }) => backupClass === wanted).map(({ key }) => key)
  const critical = ofClass('critical')
  const standard = ofClass('standard')
  if (critical.length)
    add('verify-critical', `${minuteAndHour(verify.at)} * * *`, ['backup', 'verify', ...critical], 'Verification of the critical class')
  if (standard.length)
    add(
      'verify-standard',
      `${minuteAndHour(verify.at)} * * ${verify.on}`,
      ['backup', 'verify', ...standard],
      'Verification of the standard class',
    )

  for (const { key, retention, timeseries, jobs, origin } of services) {
    if (retention.length || timeseries.some(({ keep }) => keep))
      add(`retention-${key}`, retentionAt, ['retention', 'run', key], `Old rows of ${key}`, origin)
    for (const job of jobs) add(`job-${key}-${job.name}`, job.schedule, ['job', 'run', key, job.name], `${key}: ${job.call}`, job.origin)
  }
  return tasks
}
