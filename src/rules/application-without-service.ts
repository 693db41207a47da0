import type { Rule } from './rule.ts'

export const applicationWithoutService: Rule = {
  code: 'application-without-service',
  severity: 'warning',
  why: 'An application that uses no service reaches no database and gets no connection string: it may as well not be here.',
  bad: `version: 1
fleet: shop
host: { memory: 16GiB, cpus: 4, disk: 100GiB }
services:
  orders: { port: 5432, memory: 2GiB }
applications:
  web: { image: registry.example/web } # <-
`,
  good: `version: 1
fleet: shop
host: { memory: 16GiB, cpus: 4, disk: 100GiB }
services:
  orders: { port: 5432, memory: 2GiB }
applications:
  web: { image: registry.example/web, uses: [orders] }
`,
  *check({ applications }) {
    for (const { name, uses, origin } of applications)
      if (uses.length === 0)
        yield {
          path: origin,
          on: 'key',
          message: `the application ${name} uses no service`,
          help: 'name the services under `uses`, or leave the application out',
        }
  },
}
