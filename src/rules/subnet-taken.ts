import type { Service } from '../fleet/types.ts'
import type { Rule } from './rule.ts'

export const subnetTaken: Rule = {
  code: 'subnet-taken',
  severity: 'error',
  why: 'The place of the networks of a service follows from its port, so that other services can come and go without moving it. Two ports can lead to the same place.',
  bad: `version: 1
fleet: shop
host: { memory: 16GiB, cpus: 4, disk: 100GiB }
services:
  orders: { port: 5432, memory: 2GiB }
  stock:
    port: 6456 # <-
    memory: 2GiB
`,
  good: `version: 1
fleet: shop
host: { memory: 16GiB, cpus: 4, disk: 100GiB }
services:
  orders: { port: 5432, memory: 2GiB }
  stock: { port: 6457, memory: 2GiB }
`,
  *check({ services, network }) {
    const taken = new Map<number, Service>()
    for (const service of services) {
      const { key, port, addresses, origin } = service
      const first = taken.get(addresses.slot)
      if (!first) taken.set(addresses.slot, service)
      else if (first.port !== port)
        yield {
          path: [...origin, 'port'],
          message: `port ${port} gives ${key} the subnets of ${first.key}: ${port} and ${first.port} differ by a multiple of ${network.slots}`,
          help: network.base.includes('.') ? 'take another port, or a network.base of one octet, e.g. "10"' : 'take another port',
          related: [{ path: [...first.origin, 'port'], message: `the port of ${first.key}` }],
        }
    }
  },
}
