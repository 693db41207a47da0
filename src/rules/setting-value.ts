import type { Build, Setting } from '../fleet/catalog.ts'
import { brokenCheck } from '../fleet/setting-checks.ts'
import { findSetting } from '../fleet/setting-lookup.ts'
import { enumValues, parseSetting } from '../fleet/setting-value.ts'
import { closest } from '../suggest.ts'
import type { Rule } from './rule.ts'

export const settingValue: Rule = {
  code: 'setting-value',
  severity: 'error',
  why: 'A server does not start on a value of the wrong type, out of range, with an unknown unit or outside its list of words.',
  bad: `version: 1
fleet: shop
host: { memory: 16GiB, cpus: 4, disk: 100GiB }
services:
  orders:
    port: 5432
    memory: 2GiB
    settings:
      jit: maybe # <-
      work_mem: 16mb # <-
      log_statement: writes # <-
      default_statistics_target: 1e6 # <-
      log_destination: journal # <-
`,
  good: `version: 1
fleet: shop
host: { memory: 16GiB, cpus: 4, disk: 100GiB }
services:
  orders:
    port: 5432
    memory: 2GiB
    settings:
      jit: off
      work_mem: 8MB
      log_statement: mod
      default_statistics_target: 1000
      log_destination: stderr
`,
  *check(fleet) {
    for (const service of fleet.services)
      for (const [name, raw] of Object.entries(service.declared)) {
        const found = findSetting(name, service, fleet)
        const broken = found.kind === 'known' ? problemOf(name, found.setting, raw, fleet.target.build) : undefined
        if (broken)
          yield {
            path: [...service.origin, 'settings', name],
            message: `${JSON.stringify(raw)} is no value of ${name}: ${broken.message}`,
            help: broken.help,
          }
      }
  },
}

function problemOf(
  name: string,
  setting: Setting,
  raw: string | number | boolean,
  build: Build,
): { message: string; help: string } | undefined {
  const parsed = parseSetting(setting, raw, build)
  if (parsed.ok) return brokenCheck(name, parsed.base)
  // A word that another build takes is the matter of another rule.
  const elsewhere = setting.type === 'enum' && (['debian', 'embedded'] as const).some((other) => parseSetting(setting, raw, other).ok)
  if (elsewhere) return undefined
  const meant = setting.type === 'enum' ? closest(String(raw), enumValues(setting, build)) : undefined
  return { message: parsed.message, help: meant === undefined ? parsed.help : `did you mean "${meant}"? ${parsed.help}` }
}
