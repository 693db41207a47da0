import { findSetting } from '../fleet/setting-lookup.ts'
import type { Rule } from './rule.ts'

/** Belong to one transaction or one session, and are refused in postgresql.conf whatever their context says. */
const ofTransaction: Readonly<Record<string, string>> = {
  transaction_deferrable: 'default_transaction_deferrable',
  transaction_isolation: 'default_transaction_isolation',
  transaction_read_only: 'default_transaction_read_only',
}

export const settingReadOnly: Rule = {
  code: 'setting-read-only',
  severity: 'error',
  why: 'Some settings only show what the server was built or initialised with, or belong to one transaction. A server does not start when they are set.',
  bad: `version: 1
fleet: shop
host: { memory: 16GiB, cpus: 4, disk: 100GiB }
services:
  orders:
    port: 5432
    memory: 2GiB
    settings:
      block_size: 8192 # <-
      transaction_isolation: serializable # <-
`,
  good: `version: 1
fleet: shop
host: { memory: 16GiB, cpus: 4, disk: 100GiB }
services:
  orders:
    port: 5432
    memory: 2GiB
    settings:
      default_transaction_isolation: serializable
`,
  *check(fleet) {
    for (const service of fleet.services)
      for (const name of Object.keys(service.declared)) {
        const found = findSetting(name, service, fleet)
        if (found.kind !== 'known') continue
        const instead = Object.hasOwn(ofTransaction, name) ? ofTransaction[name] : undefined
        const at = { path: [...service.origin, 'settings', name], on: 'key' as const }
        if (instead) yield { ...at, message: `${name} belongs to one transaction`, help: `set ${instead}` }
        else if (found.setting.context === 'internal')
          yield { ...at, message: `${name} only shows how the server was built or initialised`, help: 'leave it out' }
      }
  },
}
