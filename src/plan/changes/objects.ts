import type { Draft } from './draft.ts'
import type { Effect } from './impact.ts'
import { pairs } from './pairs.ts'
import { effectOn, type ServiceScope } from './scope.ts'

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
        advice: `what depends on it must go before: DROP EXTENSION ${key} refuses while columns, indexes or functions use it`,
        ...(key === 'pgaudit' ? { security: 'nothing is audited any more' } : {}),
        at: { base: old!.origin, head: [...after.origin, 'extensions'] },
      },
    ]
  })
}

function schemaChanges({ name, before, after }: ServiceScope): Draft[] {
  const at = { base: [...before.origin, 'schemas'], head: [...after.origin, 'schemas'] }
  const [was, is] = [before, after].map(({ schemas }) => schemas.join(', ')) as [string, string]
  if (was !== is && before.schemas.toSorted().join() === after.schemas.toSorted().join())
    return [
      {
        target: `${name}/search_path`,
        area: 'schema',
        kind: 'changed',
        service: after.key,
        subject: 'search path',
        before: was,
        after: is,
        effect: 'new-sessions',
        on: [after.host],
        at,
      },
    ]
  return pairs(before.schemas, after.schemas, (schema) => schema).flatMap(({ key, before: old, after: now }): Draft[] => {
    const own = {
      target: `${name}/schema/${key}`,
      area: 'schema' as const,
      service: after.key,
      subject: `schema ${key}`,
      // They are the search path of new sessions: ALTER DATABASE ... SET counts from the next login on.
      effect: 'new-sessions' as const,
      on: [after.host],
      at,
    }
    if (old !== undefined && now !== undefined) return []
    if (now !== undefined) return [{ ...own, kind: 'added', after: 'created' }]
    return [
      {
        ...own,
        kind: 'removed',
        before: 'there',
        loses: 'schema-removed',
        advice: `its tables are left out of grants and checks; DROP SCHEMA ${key} is left to be done by hand`,
      },
    ]
  })
}
