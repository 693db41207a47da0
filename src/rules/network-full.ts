import { applicationAddresses } from '../fleet/network.ts'
import type { Application } from '../fleet/types.ts'
import type { Rule } from './rule.ts'

const most = applicationAddresses

export const networkFull: Rule = {
  code: 'network-full',
  severity: 'error',
  why: `The network that a pooler shares with its applications has addresses for ${most} of them.`,
  bad: example(8, true),
  good: example(7, false),
  *check({ services, applications }) {
    const users = new Map<string, Application[]>(services.map(({ key }) => [key, []]))
    for (const application of applications) for (const key of application.uses) users.get(key)?.push(application)
    for (const [key, all] of users) {
      const first = all[most]
      if (first)
        yield {
          path: [...first.origin, 'uses', first.uses.indexOf(key)],
          message: `${key} is used by ${all.length} applications, its network has addresses for ${most}`,
          help: `let at most ${most} applications use ${key}`,
        }
    }
  },
}

function example(applications: number, marked: boolean): string {
  const names = Array.from({ length: applications }, (_, index) => `app-${index + 1}`)
  return `version: 1
fleet: shop
host: { memory: 16GiB, cpus: 4, disk: 100GiB }
services:
  orders: { port: 5432, memory: 2GiB }
applications:
${names.map((name, index) => `  ${name}: { image: registry.example/${name}, uses: [orders] }${marked && index === most ? ' # <-' : ''}\n`).join('')}`
}
