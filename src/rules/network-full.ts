import { usableAddresses } from '../fleet/network.ts'
import type { Rule } from './rule.ts'

/** The pooler has one of the addresses. */
const most = usableAddresses - 1

export const networkFull: Rule = {
  code: 'network-full',
  severity: 'error',
  why: `The network that a pooler shares with its applications is a /28: it has addresses for ${most} applications.`,
  bad: example(13, true),
  good: example(12, false),
  *check({ services, applications }) {
    for (const { key } of services) {
      const users = applications.filter(({ uses }) => uses.includes(key))
      const first = users[most]
      if (first)
        yield {
          path: [...first.origin, 'uses', first.uses.indexOf(key)],
          message: `${key} is used by ${users.length} applications, its network has addresses for ${most}`,
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
