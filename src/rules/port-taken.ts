import type { Path } from '../diagnostic.ts'
import type { Rule } from './rule.ts'

export const portTaken: Rule = {
  code: 'port-taken',
  severity: 'error',
  why: 'Every server and every pooler publishes a port on the same address. The second one on a port would not start.',
  bad: `version: 1
fleet: shop
host: { memory: 16GiB, cpus: 4, disk: 100GiB }
services:
  orders: { port: 5432, memory: 2GiB }
  stock:
    port: 5432 # <-
    memory: 2GiB
    pool: { port: 6433 }
`,
  good: `version: 1
fleet: shop
host: { memory: 16GiB, cpus: 4, disk: 100GiB }
services:
  orders: { port: 5432, memory: 2GiB }
  stock: { port: 5433, memory: 2GiB }
`,
  *check({ services, target }) {
    const taken = new Map<number, { readonly path: Path; readonly by: string }>()
    for (const { key, origin, port, pool } of services) {
      const ends = [
        { port, by: `the server of ${key}`, path: [...origin, 'port'] },
        ...(target.pooler ? [{ port: pool.port, by: `the pooler of ${key}`, path: [...origin, 'pool', 'port'] }] : []),
      ]
      for (const end of ends) {
        const first = taken.get(end.port)
        if (!first) taken.set(end.port, end)
        else
          yield {
            path: end.path,
            message: `port ${end.port} of ${end.by} is already that of ${first.by}`,
            help: `the next free port is ${nextFree(end.port, services)}`,
            related: [{ path: first.path, message: `first used here, by ${first.by}` }],
          }
      }
    }
    for (const { key, origin, pool } of services)
      if (target.pooler && pool.port > 65535)
        yield {
          path: [...origin, 'port'],
          message: `the port of the pooler of ${key} would be ${pool.port}`,
          help: 'set pool.port to a port up to 65535',
        }
  },
}

function nextFree(port: number, services: readonly { readonly port: number; readonly pool: { readonly port: number } }[]): number {
  const used = new Set(services.flatMap((service) => [service.port, service.pool.port]))
  let free = port + 1
  while (used.has(free)) free++
  return free
}
