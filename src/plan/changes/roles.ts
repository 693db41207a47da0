import type { Role } from '../../fleet/types.ts'
import type { Draft } from './draft.ts'
import type { Effect } from './impact.ts'
import { kindOf, pairs, same } from './pairs.ts'
import type { ServiceScope } from './scope.ts'
import { listChange } from './values.ts'

/** Roles of one server. Those of `elsewhere` are told for the fleet as a whole: added, removed, or changed. */
export function roleChanges({ name, before, after }: ServiceScope, elsewhere: ReadonlyMap<string, Draft['kind']>): Draft[] {
  return pairs(before.roles, after.roles, (role) => role.name).flatMap((pair): Draft[] => {
    const { key, before: old, after: now } = pair
    if (same(old, now) || elsewhere.get(key) === kindOf(pair)) return []
    if (old && now && isAllowance(old.kind) && same({ ...old, connections: 0 }, { ...now, connections: 0 })) return []
    const own = {
      target: `${name}/role/${key}`,
      area: 'role' as const,
      service: after.key,
      kind: kindOf(pair),
      subject: `role ${key}`,
      on: [after.host],
      at: {
        ...(old ? { base: placeOf(old, before.origin) } : {}),
        ...(now ? { head: placeOf(now, after.origin) } : {}),
      },
    }
    if (!old) return [{ ...own, after: describe(now!), effect: 'reload', security: `a role more: ${now!.kind}` }]
    if (!now)
      return [
        {
          ...own,
          before: describe(old),
          effect: 'reload',
          loses: 'role-removed',
          advice: roleAdvice,
        },
      ]
    return [{ ...own, ...roleTexts(old, now) }]
  })
}

/** What a role is, where it has another form on the other side. */
function roleTexts(old: Role, now: Role): Pick<Draft, 'before' | 'after' | 'note' | 'effect'> & { security?: string } {
  const groups = listChange(old.memberOf, now.memberOf, { gains: 'joins', loses: 'leaves' })
  const parameters = listChange(parametersOf(old), parametersOf(now), { gains: 'sets', loses: 'no longer sets' })
  // Limits and parameters count from the next login on.
  const effect: Effect = old.connections !== now.connections || parameters.note ? 'new-sessions' : 'reload'
  return {
    before: describe(old),
    after: describe(now),
    note: [groups.note, parameters.note].filter(Boolean).join('; '),
    effect,
    ...(groups.gained.length > 0 || old.kind !== now.kind ? { security: `what ${now.name} may do changes` } : {}),
  }
}

/** generators/init-sql/roles.hbs retires it. */
export const roleAdvice =
  'it may log in no longer, and what it owned belongs to the owner of the database; the role and its file in secrets/ are left to be removed by hand'

/** Roles whose limit is one number for the fleet: `allowances:`. */
export const allowanceKinds = ['migrator', 'monitor', 'backup'] as const
const isAllowance = (kind: Role['kind']): boolean => allowanceKinds.some((each) => each === kind)

const parametersOf = ({ parameters }: Role): string[] => Object.entries(parameters).map(([name, value]) => `${name} = ${value}`)

const describe = ({ kind, connections }: Role): string =>
  connections === undefined ? kind : `${kind}, at most ${connections} connection${connections === 1 ? '' : 's'}`

const placeOf = ({ kind, name }: Role, origin: readonly (string | number)[]) =>
  kind === 'app'
    ? [...origin, 'app', 'role']
    : kind === 'read-only' || kind === 'admin'
      ? ['roles', name]
      : isAllowance(kind)
        ? ['allowances', kind]
        : [...origin, 'database']
