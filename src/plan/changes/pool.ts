import type { Fleet, Service } from '../../fleet/types.ts'
import type { Draft } from './draft.ts'
import type { Effect } from './impact.ts'
import { effectOn, type ServiceScope } from './scope.ts'
import { counts } from './values.ts'

/** What services.yaml says of the pool, where it differs. */
export function poolChanges(scope: ServiceScope): Draft[] {
  const { name, before, after, head } = scope
  const [old, now] = [before.pool, after.pool]
  const path = [...after.origin, 'pool']
  const change = (field: string, key: string, texts: Partial<Draft>, otherwise: Effect): Draft => ({
    target: `${name}/pool/${key}`,
    area: 'pool',
    kind: 'changed',
    service: after.key,
    subject: field,
    effect: effectOn(scope, now.host, otherwise),
    on: [now.host],
    at: { base: [...before.origin, 'pool', key], head: [...path, key] },
    ...texts,
  })
  const changes: Draft[] = []
  // [databases] and [users] are read again by RELOAD: https://www.pgbouncer.org/usage.html#admin-console
  if (old.size !== now.size) changes.push(change('pool size', 'size', withTotals(old.size, now.size, before, after), 'pooler-reload'))
  if (old.reserve !== now.reserve)
    changes.push(change('reserve pool', 'reserve', withTotals(old.reserve, now.reserve, before, after), 'pooler-reload'))
  if (old.mode !== now.mode)
    changes.push(change('pool mode', 'mode', { before: old.mode, after: now.mode, ...modeAdvice(now.mode) }, keyEffect('pool_mode', head)))
  if (old.maxClients !== now.maxClients)
    changes.push(change('clients', 'max_clients', counts(old.maxClients, now.maxClients), keyEffect('max_client_conn', head)))
  return changes
}

/** Whether RELOAD is enough for a key, as SHOW CONFIG of this very version says. */
export const keyEffect = (key: string, { catalogs, pgbouncerVersion }: Fleet): Effect =>
  (catalogs.pgbouncer[pgbouncerVersion]?.keys[key]?.changeable ?? false) ? 'pooler-reload' : 'pooler-restart'

function withTotals(from: number, to: number, before: Service, after: Service) {
  const total = ({ pool }: Service) => pool.size + pool.reserve + pool.authSize
  const texts = counts(from, to)
  const totals = `server connections through the pool ${total(before)} -> ${total(after)}`
  return { ...texts, note: [texts.note, totals].filter(Boolean).join(', ') }
}

/** https://www.pgbouncer.org/features.html */
const modeAdvice = (mode: Service['pool']['mode']): Partial<Draft> =>
  mode === 'session'
    ? {}
    : {
        advice: `in ${mode} mode SET, LISTEN, WITH HOLD cursors, session advisory locks${mode === 'statement' ? ' and transactions of several statements' : ''} do not work`,
      }
