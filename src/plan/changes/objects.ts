import { serviceSchemas } from '../../fleet/database-names.ts'
import type { Draft } from './draft.ts'
import type { Effect } from './impact.ts'
import { pairs } from './pairs.ts'
import { effectOn, type ServiceScope } from './scope.ts'
import { identifier } from './values.ts'

/** Extensions and schemas of a database. */
export const objectChanges = (scope: ServiceScope): Draft[] => [...extensionChanges(scope), ...schemaChanges(scope)]

function extensionChanges(scope: ServiceScope): Draft[] {
  const { name, before, after } = scope
  return pairs(before.extensions, after.extensions, (extension) => extension.name).flatMap(({ key, before: old, after: now }): Draft[] => {
    if (old && now) return []
    const preload = (old ?? now)!.preload
    const own = {
      target: `${name}/extension/${key}`,
      area: 'extension' as const,
      service: after.key,
      subject: `extension ${key}`,
      // A library that is loaded when the server starts; packages are part of the image.
      effect: effectOn(scope, after.host, preload ? 'restart' : 'reload') satisfies Effect,
      on: [after.host],
    }
    if (now) return [{ ...own, kind: 'added', after: 'installed', at: { head: now.origin } }]
    return [
      {
        ...own,
        kind: 'removed',
        before: 'installed',
        loses: 'extension-removed',
        advice: `what depends on it must go before: DROP EXTENSION ${identifier(key)} refuses while columns, indexes or functions use it`,
        ...(key === 'pgaudit' ? { security: 'nothing is audited any more' } : {}),
        at: { base: old!.origin, head: [...after.origin, 'extensions'] },
      },
    ]
  })
}

function schemaChanges({ name, before, after }: ServiceScope): Draft[] {
  const at = { base: [...before.origin, 'schemas'], head: [...after.origin, 'schemas'] }
  const [was, is] = [serviceSchemas(before), serviceSchemas(after)]
  const own = { area: 'schema' as const, service: after.key, on: [after.host], at }
  // They are the search path of new sessions: ALTER DATABASE ... SET counts from the next login on.
  const effect = 'new-sessions' as const
  const path: Draft[] =
    was.filter((schema) => is.includes(schema)).join() === is.filter((schema) => was.includes(schema)).join()
      ? []
      : [
          {
            ...own,
            target: `${name}/search_path`,
            kind: 'changed',
            subject: 'search path',
            before: was.join(', '),
            after: is.join(', '),
            effect,
          },
        ]
  const schemas = pairs(was, is, (schema) => schema).flatMap(({ key, before: old, after: now }): Draft[] => {
    if (old !== undefined && now !== undefined) return []
    const one = { ...own, target: `${name}/schema/${key}`, subject: `schema ${key}`, effect }
    if (now !== undefined) return [{ ...one, kind: 'added', after: 'created', note: `search path ${is.join(', ')}` }]
    // Every database has this one; only SQL puts something into it.
    const empty = key === 'public' && before.migrations.length === 0
    return [
      {
        ...one,
        kind: 'removed',
        before: 'there',
        loses: empty ? undefined : 'schema-removed',
        advice: `its tables are left out of grants and checks; DROP SCHEMA ${identifier(key)} is left to be done by hand`,
      },
    ]
  })
  return [...path, ...schemas]
}
