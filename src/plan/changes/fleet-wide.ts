import { opsHost } from '../../fleet/container-names.ts'
import { formatSize } from '../../fleet/units.ts'
import type { Draft } from './draft.ts'
import { keyEffect } from './pool.ts'
import { effectOn, type FleetScope } from './scope.ts'
import { counts, sizes } from './values.ts'

/** What is said once for the whole fleet. */
export function fleetWideChanges(scope: FleetScope): Draft[] {
  const { base, head, anew } = scope
  const everywhere = [...head.services.flatMap(({ host, pool }) => [host, pool.host]), opsHost]
  const poolers = head.services.map(({ pool }) => pool.host)
  const change = (target: string, subject: string, path: readonly string[], more: Partial<Draft>): Draft => ({
    target,
    area: 'fleet',
    kind: 'changed',
    subject,
    at: { base: path, head: path },
    ...more,
  })
  const changes: Draft[] = []
  if (base.name !== head.name)
    changes.push(
      change('fleet/name', 'name of the fleet', ['fleet'], {
        before: base.name,
        after: head.name,
        effect: 'recreate',
        on: [...everywhere, ...head.applications.map(({ name }) => name)],
        loses: 'volume-replaced',
        advice: `containers, networks and volumes are named after it: the fleet starts with empty volumes beside the old one, unless PGFLEET_PREFIX=${base.name} is set`,
      }),
    )
  const host = (key: 'memory' | 'cpus' | 'disk' | 'storage', texts: Partial<Draft>) =>
    changes.push(change(`host/${key}`, `${key} of the host`, ['host', key], { area: 'host', ...texts }))
  if (base.host.memory !== head.host.memory) host('memory', sizes(base.host.memory, head.host.memory))
  if (base.host.disk !== head.host.disk) host('disk', sizes(base.host.disk, head.host.disk))
  if (base.host.cpus !== head.host.cpus) host('cpus', counts(base.host.cpus, head.host.cpus))
  if (base.host.storage !== head.host.storage) host('storage', { before: base.host.storage, after: head.host.storage })
  if (base.network.base !== head.network.base)
    changes.push(
      change('network/base', 'addresses', ['network', 'base'], {
        area: 'network',
        before: base.network.base,
        after: head.network.base,
        effect: 'recreate',
        on: [...everywhere, ...head.applications.map(({ name }) => name)],
        advice: 'networks keep their addresses while they exist: stop the fleet before (pgfleet down --runtime compose)',
      }),
    )
  if (base.pgbouncerVersion !== head.pgbouncerVersion)
    changes.push(
      change('fleet/pgbouncer', 'PgBouncer', ['pgbouncer'], {
        area: 'pool',
        before: base.pgbouncerVersion,
        after: head.pgbouncerVersion,
        effect: poolers.some(anew) ? 'recreate' : keyEffect('max_prepared_statements', head),
        on: poolers,
      }),
    )
  if (base.ops.package !== head.ops.package)
    changes.push(
      change('ops/package', 'package of the ops container', ['ops', 'package'], {
        before: base.ops.package,
        after: head.ops.package,
        effect: effectOn(scope, opsHost, 'none'),
        on: [opsHost],
        security: 'the ops container is built from another folder',
      }),
    )
  if (base.ops.memory !== head.ops.memory)
    changes.push(
      change('ops/memory', 'memory of the ops container', ['ops'], {
        before: formatSize(base.ops.memory),
        after: formatSize(head.ops.memory),
        effect: effectOn(scope, opsHost, 'none'),
        on: [opsHost],
      }),
    )
  return changes
}
