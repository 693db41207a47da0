import { findSetting } from './setting-lookup.ts'
import { parseSetting } from './setting-value.ts'
import type { Fleet, Service } from './types.ts'

/** The value of a setting on a server in base units; undefined where the server has no such setting. */
export type Effective = (name: string) => number | string | boolean | undefined

/** What a server will run with: what its postgresql.conf says, otherwise what PostgreSQL has built in. */
export function effectiveSettings(service: Service, fleet: Fleet): Effective {
  const printed = new Map(service.settings.map(({ name, value }) => [name, value]))
  return (name) => {
    const found = findSetting(name, service, fleet)
    const text = printed.get(name) ?? (found.kind === 'known' ? found.setting.default : null)
    if (found.kind !== 'known' || text === null) return undefined
    const parsed = parseSetting(found.setting, text, fleet.target.build)
    return parsed.ok ? parsed.base : undefined
  }
}
