import type { Rule } from './rule.ts'

export const jobCall: Rule = {
  code: 'job-call',
  severity: 'error',
  why: 'A job calls one function or procedure of its database. Anything else would be SQL that no migration has reviewed, run every night.',
  bad: `version: 1
fleet: shop
host: { memory: 16GiB, cpus: 4, disk: 100GiB }
services:
  orders:
    port: 5432
    memory: 2GiB
    schemas: [sales]
    jobs:
      cleanup:
        schedule: "0 3 * * *"
        call: DELETE FROM sales.carts # <-
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
      cleanup:
        schedule: "0 3 * * *"
        call: CALL sales.clean_up(30)
`,
  *check({ services }) {
    for (const { jobs } of services)
      for (const { name, call, callError, origin } of jobs)
        if (callError !== undefined)
          yield {
            path: [...origin, 'call'],
            message: `"${call}" of the job ${name} is not a call`,
            help: callError,
          }
  },
}
