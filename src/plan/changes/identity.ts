import type { Reference } from '../../fleet/data-types.ts'
import type { Service } from '../../fleet/types.ts'
import type { Draft } from './draft.ts'
import { kindOf, pairs } from './pairs.ts'
import { effectOn, type ServiceScope } from './scope.ts'
import { identifier } from './values.ts'

/** What a service is called, where it is reached, and which data it has. */
export function identityChanges(scope: ServiceScope): Draft[] {
  const { name, before, after } = scope
  const own = { service: after.key, area: 'service' } as const
  const at = (key: string) => ({ base: [...before.origin, key], head: [...after.origin, key] })
  const server = { effect: effectOn(scope, after.host, 'none'), on: [after.host] } as const
  const pooler = { effect: effectOn(scope, after.pool.host, 'none'), on: [after.pool.host] } as const
  const field = (key: string, subject: string, from: string, to: string, more: Partial<Draft> = {}): Draft[] =>
    from === to ? [] : [{ ...own, target: `${name}/${key}`, kind: 'changed', subject, before: from, after: to, at: at(key), ...more }]
  return [
    ...field('renamed', 'service', before.key, after.key, {
      kind: 'renamed',
      at: { base: before.origin, head: after.origin },
      effect: 'recreate',
      on: [before.host, before.pool.host, after.host, after.pool.host],
      note: `database ${after.database} and volume ${after.volume} stay`,
      advice: `the fleet stops for it; its passwords move from secrets/passwords/${before.key} to secrets/passwords/${after.key}, then pgfleet secrets init makes certificates for the new names; backups so far stay under ${before.key}`,
    }),
    ...databaseChanges(scope),
    ...field('volume', 'volume', before.volume, after.volume, {
      ...server,
      loses: 'volume-replaced',
      advice: volumeAdvice(scope),
    }),
    ...field('postgres', 'PostgreSQL', String(before.major), String(after.major), {
      ...server,
      ...(before.volume === after.volume ? { loses: 'major-on-same-volume' as const } : { migrates: true }),
      note: 'another major version',
      advice: `PostgreSQL ${after.major} does not start on the files of ${before.major}: dump with ${Math.max(before.major, after.major)}, give the service another volume, load the dump there`,
    }),
    ...field('port', 'port', String(before.port), String(after.port), {
      area: 'network',
      ...server,
      note: 'the addresses in its networks follow from it',
      advice: 'whoever connects to the old port must be told',
    }),
    ...field('pool/port', 'port of the pool', String(before.pool.port), String(after.pool.port), {
      area: 'network',
      ...pooler,
      at: { base: [...before.origin, 'pool', 'port'], head: [...after.origin, 'pool', 'port'] },
      advice: 'whoever connects to the old port must be told',
    }),
    ...field('summary', 'summary', before.summary, after.summary, {}),
    ...complianceChanges(scope),
    ...field('timescaledb', 'TimescaleDB edition', before.timescaledb, after.timescaledb, { area: 'extension', ...server }),
    ...(before.sqlFolder && after.sqlFolder ? field('sql', 'SQL folder', before.sqlFolder, after.sqlFolder, { area: 'sql' }) : []),
    ...field('seed', 'seed data', before.seedFolder ?? 'none', after.seedFolder ?? 'none', { area: 'sql' }),
    ...referenceChanges(scope),
  ]
}

/** Another service may have had the volume: the server then starts on its data. */
function volumeAdvice({ base, before, after }: ServiceScope): string {
  const owner = base.services.find(({ volume }) => volume === after.volume)
  const start = owner ? `the server starts on the data of ${owner.key}` : 'the server starts with an empty volume'
  return `${start}; what it had stays in ${before.volume} until that is removed. Take a backup before (pgfleet backup run), restore it after`
}

function complianceChanges({ name, before, after }: ServiceScope): Draft[] {
  const lost = before.compliance.filter((each) => !after.compliance.includes(each))
  if (before.compliance.join() === after.compliance.join()) return []
  const text = (all: Service['compliance']) => (all.length > 0 ? all.join(', ') : 'none')
  return [
    {
      target: `${name}/compliance`,
      area: 'service',
      kind: 'changed',
      service: after.key,
      subject: 'compliance',
      before: text(before.compliance),
      after: text(after.compliance),
      ...(lost.length > 0 ? { security: `nothing checks any more what ${lost.join(', ')} asks for` } : {}),
      at: { base: [...before.origin, 'compliance'], head: [...after.origin, 'compliance'] },
    },
  ]
}

/** No foreign key reaches another database: `pgfleet orphans` looks at these, nobody else. */
function referenceChanges({ name, before, after }: ServiceScope): Draft[] {
  const column = ({ schema, table, column }: Reference['target']) => `${schema}.${table}.${column}`
  const text = ({ service, target }: Reference) => `${service}:${column(target)}`
  return pairs(before.references, after.references, column).flatMap((pair): Draft[] => {
    const { key, before: old, after: now } = pair
    if (old && now && text(old) === text(now)) return []
    return [
      {
        target: `${name}/reference/${key}`,
        area: 'service',
        kind: kindOf(pair),
        service: after.key,
        subject: `reference of ${key}`,
        ...(old ? { before: text(old) } : {}),
        ...(now ? { after: text(now) } : {}),
        at: { ...(old ? { base: old.origin } : {}), ...(now ? { head: now.origin } : {}) },
      },
    ]
  })
}

/** Another database is the loss of one and the making of another: nothing is carried over. */
function databaseChanges(scope: ServiceScope): Draft[] {
  const { name, before, after } = scope
  if (before.database === after.database) return []
  const own = { service: after.key, area: 'service' } as const
  const server = { effect: effectOn(scope, after.host, 'none'), on: [after.host] } as const
  return [
    {
      ...own,
      target: `${name}/database/${before.database}`,
      kind: 'removed',
      subject: `database ${before.database}`,
      before: before.database,
      ...server,
      loses: 'database-replaced',
      advice: `nothing is carried over: before the change pg_dump -Fd ${before.database} (pgfleet backup run), after it pg_restore into ${after.database}; or rename it by ALTER DATABASE ${identifier(before.database)} RENAME TO ${identifier(after.database)} while nobody is connected`,
      at: { base: [...before.origin, 'database'], head: [...after.origin, 'database'] },
    },
    {
      ...own,
      target: `${name}/database/${after.database}`,
      kind: 'added',
      subject: `database ${after.database}`,
      after: after.database,
      ...server,
      at: { head: [...after.origin, 'database'] },
    },
  ]
}
