import type { Rule } from './rule.ts'

export const cpusFitHost: Rule = {
  code: 'cpus-fit-host',
  severity: 'error',
  why: 'A limit above the processors of the host limits nothing, and the parallelism that is derived from it would be too high. Servers may share processors, so their sum is not checked.',
  bad: `version: 1
fleet: shop
host: { memory: 16GiB, cpus: 4, disk: 100GiB }
services:
  orders:
    port: 5432
    memory: 2GiB
    cpus: 8 # <-
`,
  good: `version: 1
fleet: shop
host: { memory: 16GiB, cpus: 4, disk: 100GiB }
services:
  orders:
    port: 5432
    memory: 2GiB
    cpus: 4
`,
  *check({ host, services }) {
    for (const { key, origin, cpus } of services)
      if (cpus > host.cpus)
        yield {
          path: [...origin, 'cpus'],
          message: `${key} has ${cpus} processors, the host has ${host.cpus}`,
          help: `set cpus to at most ${host.cpus}`,
          related: [{ path: [...host.origin, 'cpus'], message: 'processors of the host' }],
        }
  },
}
