import type { Config } from '../../../schema/services.ts'

/** A configuration with some services only, and the applications that use one of them or are named themselves. */
export function subFleet(config: Config, services: ReadonlySet<string>, applications: ReadonlySet<string> = new Set()): Config {
  const kept = Object.entries(config.applications ?? {}).filter(
    ([name, { uses }]) => applications.has(name) || uses?.some((key) => services.has(key)),
  )
  return {
    ...config,
    services: Object.fromEntries(Object.entries(config.services).filter(([key]) => services.has(key))),
    ...(config.applications === undefined ? {} : { applications: Object.fromEntries(kept) }),
  }
}
