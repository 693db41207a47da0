import { extensionPackages } from '../fleet/debian-packages.ts'
import { extensionKnown, knownExtensions } from '../fleet/extensions-known.ts'
import { didYouMean } from '../suggest.ts'
import type { Rule } from './rule.ts'

export const extensionUnknown: Rule = {
  code: 'extension-unknown',
  severity: 'error',
  why: 'CREATE EXTENSION fails on a name that no package brings, and with it the whole init script.',
  bad: `version: 1
fleet: shop
host: { memory: 16GiB, cpus: 4, disk: 100GiB }
services:
  orders:
    port: 5432
    memory: 2GiB
    extensions:
      - pg_stat_statement # <-
      - pgvector # <-
`,
  good: `version: 1
fleet: shop
host: { memory: 16GiB, cpus: 4, disk: 100GiB }
services:
  orders:
    port: 5432
    memory: 2GiB
    extensions:
      - pg_stat_statements
      - vector
`,
  *check(fleet) {
    for (const { extensions, catalog } of fleet.services)
      for (const { name, origin } of extensions) {
        if (extensionKnown(name, catalog, fleet)) continue
        const known = knownExtensions(catalog, fleet)
        const packaged = Object.keys(extensionPackages).find((extension) => extensionPackages[extension] === name)
        yield {
          path: origin,
          message: `there is no extension ${name}`,
          help: packaged
            ? `the package ${name} brings the extension "${packaged}"`
            : didYouMean(name, known, `known are ${known.join(', ')}`),
        }
      }
  },
}
