import { header } from '../../src/artifact.ts'
import { opsPaths } from '../../src/fleet/ops.ts'
import type { ScheduledTask } from '../../src/fleet/types.ts'
import type { Generator } from '../generator.ts'
import { cronCommand, lineComment, shellWord } from '../quote.ts'
import { render } from './pgfleet.cron.hbs'

export const schedule: Generator = {
  name: 'schedule',
  summary: 'Crontab of backups, verification, retention and jobs, in the form of /etc/cron.d',
  generate(fleet) {
    if (!fleet.target.scheduler) return []
    const content = render({ header, home: opsPaths.home, tasks: fleet.schedule.map(line) })
    return [{ path: 'infrastructure/schedule/pgfleet.cron', kind: 'crontab', mode: 0o644, content }]
  },
}

/** The five fields as cron reads them: separated by single blanks. */
const line = ({ name, schedule, args, comment }: ScheduledTask) => ({
  comment: lineComment(`${name}: ${comment}`),
  fields: schedule.trim().split(/\s+/).join(' '),
  command: cronCommand(`cd "$PGFLEET_HOME" && ${['pgfleet', ...args].map(shellWord).join(' ')}`),
})
