import type { Finding } from '../diagnostic.ts'
import { effectiveSettings } from '../fleet/effective-settings.ts'
import type { Fleet, Service } from '../fleet/types.ts'
import type { Rule } from './rule.ts'

export const durability: Rule = {
  code: 'durability',
  severity: 'error',
  why: 'Without fsync or full_page_writes a power cut can destroy the whole database. Without synchronous_commit it loses the last transactions that were confirmed: bearable for clicks, not for money.',
  bad: `version: 1
fleet: shop
host: { memory: 16GiB, cpus: 4, disk: 100GiB }
services:
  clicks:
    port: 5432
    memory: 2GiB
    settings:
      fsync: off # <-
  payments:
    port: 5433
    memory: 2GiB
    workload: ledger
    settings:
      synchronous_commit: off # <-
`,
  good: `version: 1
fleet: shop
host: { memory: 16GiB, cpus: 4, disk: 100GiB }
services:
  clicks:
    port: 5432
    memory: 2GiB
    settings:
      synchronous_commit: off
  payments:
    port: 5433
    memory: 2GiB
    workload: ledger
`,
  *check(fleet) {
    for (const service of fleet.services) if (Object.keys(service.declared).length > 0) yield* losses(service, fleet)
  },
}

function* losses(service: Service, fleet: Fleet): Iterable<Finding> {
  const { key, origin, workload, compliance, declared } = service
  const value = effectiveSettings(service, fleet)
  const at = (name: string) => ({ path: [...origin, 'settings', name] })
  for (const name of ['fsync', 'full_page_writes'])
    if (value(name) === false)
      yield {
        ...at(name),
        message: `${name} is off for ${key}: a crash can destroy the database`,
        help: `leave ${name} out; synchronous_commit: off is nearly as fast and loses at most the last transactions`,
      }
  for (const name of ['zero_damaged_pages', 'ignore_system_indexes', 'ignore_checksum_failure'])
    if (value(name) === true)
      yield {
        ...at(name),
        message: `${name} is on for ${key}: it hides or deletes damaged data`,
        help: 'leave it out; it is a tool of the last resort, for one session',
      }
  const reason = workload === 'ledger' ? 'its workload is ledger' : compliance.includes('pci-dss') ? 'it is under pci-dss' : undefined
  if (reason && Object.hasOwn(declared, 'synchronous_commit') && value('synchronous_commit') === 'off')
    yield {
      ...at('synchronous_commit'),
      message: `synchronous_commit is off for ${key}: a crash loses transactions that were confirmed, and ${reason}`,
      help: 'leave it out, or set it to on',
      related: [{ path: workload === 'ledger' ? [...origin, 'workload'] : [...origin, 'compliance'], message: reason }],
    }
}
