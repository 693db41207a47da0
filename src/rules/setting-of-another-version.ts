import type { Finding } from '../diagnostic.ts'
import { describeMajors } from '../fleet/setting-history.ts'
import { findSetting } from '../fleet/setting-lookup.ts'
import { parseSetting } from '../fleet/setting-value.ts'
import type { Fleet, Service } from '../fleet/types.ts'
import type { Rule } from './rule.ts'

export const settingOfAnotherVersion: Rule = {
  code: 'setting-of-another-version',
  severity: 'error',
  why: 'Settings and their values come and go with the major version and with the way the server was built. A server does not start on those of another one.',
  bad: `version: 1
fleet: shop
postgres: 16
host: { memory: 16GiB, cpus: 4, disk: 100GiB }
services:
  orders:
    port: 5432
    memory: 2GiB
    settings:
      transaction_timeout: 30s # <-
`,
  good: `version: 1
fleet: shop
postgres: 17
host: { memory: 16GiB, cpus: 4, disk: 100GiB }
services:
  orders:
    port: 5432
    memory: 2GiB
    settings:
      transaction_timeout: 30s
`,
  *check(fleet) {
    for (const service of fleet.services)
      for (const [name, raw] of Object.entries(service.declared)) {
        const finding = ofAnotherMajor(name, service, fleet) ?? ofAnotherBuild(name, raw, service, fleet)
        if (finding) yield finding
      }
  },
}

function ofAnotherMajor(name: string, service: Service, fleet: Fleet): Finding | undefined {
  const found = findSetting(name, service, fleet)
  if (found.kind !== 'other-major') return undefined
  return {
    path: [...service.origin, 'settings', name],
    on: 'key',
    message: `PostgreSQL ${service.major} has no ${name}: it is a setting of ${describeMajors(found.majors)}`,
    help: found.successor ? `here it is ${found.successor}` : 'leave it out, or change `postgres` of the service',
  }
}

/** A lenient target leaves it out and says so. */
function ofAnotherBuild(name: string, raw: string | number | boolean, service: Service, fleet: Fleet): Finding | undefined {
  const { target } = fleet
  if (target.lenient) return undefined
  const path = [...service.origin, 'settings', name]
  const found = findSetting(name, service, fleet)
  if (found.kind === 'other-build')
    return {
      path,
      on: 'key',
      message: `the ${target.build} build of PostgreSQL ${service.major} has no ${name}, the ${found.builds.join(' and ')} build has`,
      help: `leave it out for the target ${target.name}`,
    }
  if (found.kind !== 'known') return undefined
  const here = parseSetting(found.setting, raw, target.build)
  const there = target.build === 'debian' ? 'embedded' : 'debian'
  if (here.ok || !parseSetting(found.setting, raw, there).ok) return undefined
  return {
    path,
    message: `the ${target.build} build of PostgreSQL ${service.major} does not take ${raw} for ${name}, the ${there} build does`,
    help: here.help,
  }
}
