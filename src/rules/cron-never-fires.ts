import { everFires, parseCron } from '../fleet/cron.ts'
import type { Rule } from './rule.ts'

export const cronNeverFires: Rule = {
  code: 'cron-never-fires',
  severity: 'error',
  why: 'A schedule for a day that no month has is valid and never runs.',
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
        schedule: "0 3 30 2 *" # <-
        call: sales.totals()
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
        schedule: "0 3 28 2 *"
        call: sales.totals()
`,
  *check({ services }) {
    for (const { jobs } of services)
      for (const { name, schedule, origin } of jobs) {
        const parsed = parseCron(schedule)
        if ('fields' in parsed && !everFires(parsed.fields))
          yield {
            path: [...origin, 'schedule'],
            message: `the schedule "${schedule}" of ${name} never fires: none of its months has such a day`,
            help: 'take a day that the month has; 28 is in every month',
          }
      }
  },
}
