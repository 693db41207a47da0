import type { Rule } from './rule.ts'

/** Regulations about data that not everybody may see. */
const confidential = new Set(['gdpr', 'pci-dss', 'aml'])

export const readableUndeclared: Rule = {
  code: 'readable-undeclared',
  severity: 'warning',
  why: 'Without a list, read-only roles read every table: also those with credentials, tokens and identity checks.',
  bad: `version: 1
fleet: shop
host: { memory: 16GiB, cpus: 4, disk: 100GiB }
roles:
  analytics: { access: read-only }
services:
  customers: # <-
    port: 5432
    memory: 2GiB
    schemas: [people]
    compliance: [gdpr]
`,
  good: `version: 1
fleet: shop
host: { memory: 16GiB, cpus: 4, disk: 100GiB }
roles:
  analytics: { access: read-only }
services:
  customers:
    port: 5432
    memory: 2GiB
    schemas: [people]
    readable: [people.orders]
    compliance: [gdpr]
`,
  *check({ services, roles }) {
    for (const { key, origin, readable, compliance, schemas } of services) {
      const tags = compliance.filter((tag) => confidential.has(tag))
      const readers = roles.filter(({ access, services }) => access === 'read-only' && services.includes(key))
      if (readable || tags.length === 0 || readers.length === 0) continue
      yield {
        path: origin,
        on: 'key',
        message: `${readers.map(({ name }) => name).join(', ')} may read everything in ${key}, which falls under ${tags.join(', ')}`,
        help: `list what may be read, e.g. readable: [${schemas[0] ?? 'public'}.orders]; an empty list is nothing`,
      }
    }
  },
}
