import { parseCron } from '../fleet/cron.ts'
import type { Rule } from './rule.ts'

export const cronInvalid: Rule = {
  code: 'cron-invalid',
  severity: 'error',
  why: 'cron ignores a whole crontab when one line of it is wrong, backups included, and says so in a log that nobody reads.',
  bad: `version: 1
fleet: shop
host: { memory: 16GiB, cpus: 4, disk: 100GiB }
services:
  orders:
    port: 5432
    memory: 2GiB
    schemas: [sales]
    jobs:
      totals:
        schedule: "0 25 * * *" # <-
        call: sales.totals()
      daily:
        schedule: "@daily" # <-
        call: sales.daily()
`,
  good: `version: 1
fleet: shop
host: { memory: 16GiB, cpus: 4, disk: 100GiB }
services:
  orders:
    port: 5432
    memory: 2GiB
    schemas: [sales]
    jobs:
      totals:
        schedule: "0 23 * * mon-fri"
        call: sales.totals()
`,
  *check({ services }) {
    for (const { jobs } of services)
      for (const { name, schedule, origin } of jobs) {
        const parsed = parseCron(schedule)
        if ('message' in parsed)
          yield {
            path: [...origin, 'schedule'],
            message: `the schedule "${schedule}" of ${name} is not one of cron: ${parsed.message}`,
            help: parsed.help,
          }
      }
  },
}
