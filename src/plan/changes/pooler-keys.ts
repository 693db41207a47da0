import type { Draft } from './draft.ts'
import { kindOf, pairs } from './pairs.ts'
import { keyEffect } from './pool.ts'
import type { ServiceScope } from './scope.ts'

/** Files of one side by their path. */
export type Files = ReadonlyMap<string, string>

/** Keys of pgbouncer.ini that services.yaml says itself. */
const ofThePool = new Set(['pool_mode', 'max_client_conn'])

/** Other keys of pgbouncer.ini that differ: they follow from other things, such as the database or the version. */
export function poolerKeyChanges(scope: ServiceScope, base: Files, head: Files): Draft[] {
  const { name, before, after } = scope
  const [old, now] = [keysOf(base, before.key), keysOf(head, after.key)]
  return pairs(old, now, ([key]) => key).flatMap((pair): Draft[] => {
    const { key, before: from, after: to } = pair
    if (from?.[1] === to?.[1] || ofThePool.has(key)) return []
    return [
      {
        target: `${name}/pooler/${key}`,
        area: 'pool',
        kind: kindOf(pair),
        service: after.key,
        subject: key,
        ...(from ? { before: from[1] } : {}),
        ...(to ? { after: to[1] } : {}),
        note: 'set by pgfleet',
        effect: keyEffect(key, scope.head),
        on: [after.pool.host],
        ...(/tls|auth_type|hba/.test(key) ? { security: 'how clients or the server are authenticated' } : {}),
        at: { base: before.origin, head: after.origin },
      },
    ]
  })
}

/** The keys of [pgbouncer], and of the file that it includes; not the lines of databases and users. */
function keysOf(files: Files, service: string): [key: string, value: string][] {
  const own = files.get(`infrastructure/pgbouncer/${service}/pgbouncer.ini`) ?? ''
  const section = own.slice(own.indexOf('[pgbouncer]') + 1)
  const text = `${files.get('infrastructure/postgres/connection-pools.conf') ?? ''}\n${section}`
  return [...text.matchAll(/^([a-z_0-9]+) = (.*)$/gm)].map(([, key, value]) => [key!, value!])
}
