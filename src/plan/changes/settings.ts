import type { Setting } from '../../fleet/catalog.ts'
import { settingOf } from '../../fleet/declared-settings.ts'
import { showBase } from '../../fleet/setting-number.ts'
import { parseSetting } from '../../fleet/setting-value.ts'
import type { Fleet, ServerSetting, Service } from '../../fleet/types.ts'
import type { Draft } from './draft.ts'
import { endsArchive, weakerDurability } from './durability.ts'
import type { Effect } from './impact.ts'
import { kindOf, pairs } from './pairs.ts'
import type { ServiceScope } from './scope.ts'
import { weakerSecurity } from './setting-security.ts'
import { ratio } from './values.ts'

/** A value in base units, as a reader sees it. */
export type Value = { readonly base: number | string | boolean | undefined; readonly text: string }

/** How a new value in postgresql.conf reaches sessions: https://www.postgresql.org/docs/current/view-pg-settings.html */
const effects: Record<Setting['context'], Effect> = {
  internal: 'restart',
  postmaster: 'restart',
  sighup: 'reload',
  'superuser-backend': 'new-sessions',
  backend: 'new-sessions',
  superuser: 'reload',
  user: 'reload',
}

/** Settings of a server whose value differs; where a side does not write one, its server has the one that is built in. */
export function settingChanges(scope: ServiceScope): Draft[] {
  const { name, before, after, base, head } = scope
  if (before.settings === after.settings) return []
  return pairs(before.settings, after.settings, (setting) => setting.name).flatMap((pair): Draft[] => {
    if (pair.before?.value === pair.after?.value) return []
    const [old, now] = [settingIn(before, base, pair.key), settingIn(after, head, pair.key)]
    const values = [meaning(old, pair.before, base), meaning(now, pair.after, head)] as const
    if (values[0].base === values[1].base && values[0].base !== undefined) return []
    const numbers = values.map((value) => (typeof value.base === 'number' ? value.base : 0)) as [number, number]
    const note = ratio(...numbers)
    const security = weakerSecurity(pair.key, ...values)
    const written = (pair.after ?? pair.before)!
    return [
      {
        target: `${name}/setting/${pair.key}`,
        area: 'setting',
        kind: kindOf(pair),
        service: after.key,
        subject: pair.key,
        before: values[0].text,
        after: values[1].text,
        note: [note, sourceNote(written)].filter(Boolean).join(', '),
        effect: effects[(now ?? old)?.context ?? 'postmaster'],
        on: [after.host],
        loses: weakerDurability(pair.key, ...values) ? 'durability-off' : endsArchive(pair.key, ...values) ? 'backup-reduced' : undefined,
        ...(security === undefined ? {} : { security }),
        ...standbyOrder(pair.key, ...numbers),
        at: { ...place(pair.before, before, 'base'), ...place(pair.after, after, 'head') },
      },
    ]
  })
}

const settingIn = (service: Service, { catalogs, target }: Fleet, name: string): Setting | undefined =>
  settingOf(
    name,
    service.catalog,
    catalogs,
    target,
    service.extensions.map((extension) => extension.name),
  )

function meaning(setting: Setting | undefined, written: ServerSetting | undefined, { target }: Fleet): Value {
  const text = written?.value ?? setting?.default
  if (text === undefined || text === null) return { base: undefined, text: setting ? 'its default' : 'none' }
  const parsed = setting && parseSetting(setting, text, target.build)
  if (!setting || !parsed?.ok) return { base: text, text }
  const { base } = parsed
  return { base, text: typeof base === 'number' ? showBase(base, setting.unit) : text }
}

const sourceNote = ({ source }: Pick<ServerSetting, 'source'>): string =>
  source === 'tuned' ? 'tuned' : source === 'fleet' ? 'set by pgfleet' : ''

/** Tuned values follow from others: they stand at their service. */
function place(setting: ServerSetting | undefined, { origin, declared }: Service, side: 'base' | 'head') {
  if (!setting) return {}
  return { [side]: Object.hasOwn(declared, setting.name) ? [...origin, 'settings', setting.name] : origin }
}

/** A standby stops when one of these is less than on its primary: https://www.postgresql.org/docs/current/hot-standby.html */
const boundToPrimary = [
  'max_connections',
  'max_worker_processes',
  'max_wal_senders',
  'max_prepared_transactions',
  'max_locks_per_transaction',
]

function standbyOrder(name: string, before: number, after: number): Pick<Draft, 'advice'> {
  if (!boundToPrimary.includes(name)) return {}
  return { advice: `where there is a standby, restart ${after > before ? 'it first, then the primary' : 'the primary first, then it'}` }
}
