import { findSetting } from '../fleet/setting-lookup.ts'
import { bytesPerUnit, isBareNumber, showBase } from '../fleet/setting-number.ts'
import { parseSetting } from '../fleet/setting-value.ts'
import type { Rule } from './rule.ts'

export const settingWithoutUnit: Rule = {
  code: 'setting-without-unit',
  severity: 'warning',
  why: 'A bare number counts in the base unit of its setting, which differs from setting to setting: `shared_buffers: 128` is 128 pages of 8kB, 1MB, and the server starts with it.',
  bad: `version: 1
fleet: shop
host: { memory: 16GiB, cpus: 4, disk: 100GiB }
services:
  orders:
    port: 5432
    memory: 2GiB
    settings:
      shared_buffers: 128 # <-
      statement_timeout: 30 # <-
`,
  good: `version: 1
fleet: shop
host: { memory: 16GiB, cpus: 4, disk: 100GiB }
services:
  orders:
    port: 5432
    memory: 2GiB
    settings:
      shared_buffers: 128MB
      statement_timeout: 30s
`,
  *check(fleet) {
    for (const service of fleet.services)
      for (const [name, raw] of Object.entries(service.declared)) {
        const found = findSetting(name, service, fleet)
        if (found.kind !== 'known' || !isBareNumber(raw, found.setting)) continue
        const { unit } = found.setting
        const parsed = parseSetting(found.setting, raw, fleet.target.build)
        // Zero is zero in every unit, and values below it are words in disguise.
        if (!parsed.ok || typeof parsed.base !== 'number' || parsed.base <= 0) continue
        const meant = bytesPerUnit(unit) === undefined ? 's' : 'MB'
        yield {
          path: [...service.origin, 'settings', name],
          message: `${name}: ${raw} is ${showBase(parsed.base, unit)}, because a bare number counts in units of ${unit}`,
          help: `write the unit: "${showBase(parsed.base, unit)}" for this value, or "${raw}${meant}"`,
        }
      }
  },
}
