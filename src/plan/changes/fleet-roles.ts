import type { Fleet, FleetRole } from '../../fleet/types.ts'
import type { Draft } from './draft.ts'
import { kindOf, pairs, same } from './pairs.ts'
import { allowanceKinds, roleAdvice } from './roles.ts'
import type { FleetScope } from './scope.ts'

/** Roles of people and tools, once for the fleet, and what to call their change: services leave it out then. */
export function fleetRoleChanges({ base, head }: FleetScope): { drafts: Draft[]; told: Map<string, Draft['kind']> } {
  const drafts: Draft[] = []
  const told = new Map<string, Draft['kind']>()
  for (const pair of pairs(base.roles, head.roles, (role) => role.name)) {
    const { key, before: old, after: now } = pair
    const [before, after] = [old && describe(old), now && describe(now)]
    if (old && now && same(meaning(old), meaning(now))) continue
    const kind = kindOf(pair)
    told.set(key, kind)
    const hosts = hostsOf(head, now ?? old!)
    const own = {
      target: `role/${key}`,
      area: 'role' as const,
      kind,
      subject: `role ${key}`,
      ...(before === undefined ? {} : { before }),
      ...(after === undefined ? {} : { after }),
      on: hosts,
      at: { ...(old ? { base: old.origin } : {}), ...(now ? { head: now.origin } : {}) },
    }
    if (!old)
      drafts.push({
        ...own,
        effect: 'reload',
        note: servicesNote(hosts),
        security: `a role more: ${now!.access} on ${servicesNote(hosts)}`,
      })
    else if (!now)
      drafts.push({
        ...own,
        effect: 'reload',
        note: servicesNote(hosts),
        loses: 'role-removed',
        advice: roleAdvice,
      })
    else
      drafts.push({
        ...own,
        // Limits and parameters count from the next login on.
        effect: 'new-sessions',
        ...(old.access === now.access ? {} : { security: `${key} has ${now.access} access, it had ${old.access}` }),
      })
  }
  return { drafts, told }
}

/** `allowances:`, which are the limits of three roles on every server. */
export function allowanceChanges({ base, head }: FleetScope): Draft[] {
  return allowanceKinds.flatMap((kind): Draft[] => {
    const [old, now] = [allowance(base, kind), allowance(head, kind)]
    if (old === undefined || now === undefined || old === now) return []
    const at = ['allowances', kind]
    return [
      {
        target: `allowance/${kind}`,
        area: 'role',
        kind: 'changed',
        subject: `connections of ${kind} on each server`,
        before: String(old),
        after: String(now),
        effect: 'new-sessions',
        on: head.services.map(({ host }) => host),
        at: { base: at, head: at },
      },
    ]
  })
}

const allowance = ({ services }: Fleet, kind: (typeof allowanceKinds)[number]): number | undefined =>
  services[0]?.roles.find((role) => role.kind === kind)?.connections

const meaning = ({ access, connections, statementTimeout }: FleetRole) => [access, connections, statementTimeout.seconds]

const describe = ({ access, connections, statementTimeout }: FleetRole): string =>
  `${access}, at most ${connections} connection${connections === 1 ? '' : 's'}, statements end after ${statementTimeout.text}`

const hostsOf = ({ services }: Fleet, role: FleetRole): string[] =>
  services.filter(({ key }) => role.services.includes(key)).map(({ host }) => host)

const servicesNote = (hosts: readonly string[]): string => `${hosts.length} server${hosts.length === 1 ? '' : 's'}`
