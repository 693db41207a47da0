import { compareText } from '../../diagnostic.ts'
import { applyAllows } from './allow.ts'
import { applicationChanges } from './applications.ts'
import { backupChanges, backupClassChanges } from './backup.ts'
import { budgetRows } from './budgets.ts'
import { type ComposeSections, composeSections } from './compose-sections.ts'
import { changeOf, type Draft } from './draft.ts'
import { fileChanges } from './files.ts'
import { allowanceChanges, fleetRoleChanges } from './fleet-roles.ts'
import { fleetWideChanges } from './fleet-wide.ts'
import { identityChanges } from './identity.ts'
import { graver, gravest, impacts } from './impact.ts'
import { jobChanges } from './jobs.ts'
import { keptRowChanges } from './kept-rows.ts'
import { lostBy } from './lost.ts'
import { migrationChanges } from './migrations.ts'
import { objectChanges } from './objects.ts'
import { poolChanges } from './pool.ts'
import { poolerKeyChanges } from './pooler-keys.ts'
import { resourceChanges } from './resources.ts'
import { roleChanges } from './roles.ts'
import { privilegeChanges } from './row-privileges.ts'
import type { FleetScope, ServiceScope } from './scope.ts'
import { pairServices, type ServicePair, wholeServiceChange } from './services.ts'
import { settingChanges } from './settings.ts'
import type { CompiledSide } from './side.ts'
import { stepsOf } from './steps.ts'
import { sameDefinition } from './substance.ts'
import type { Change, ContainerEffect, FleetDiff } from './types.ts'
import { unexplainedContainers, unexplainedFiles, unexplainedNetworks } from './unexplained.ts'
import { withNetworks } from './with-networks.ts'

/** `from`: the moment after which next runs are shown. `notes`: what could not be compared. */
export type DiffOptions = { readonly from: Date; readonly notes?: readonly string[] }

/** What it means to go from one fleet to another. Both were compiled by the same pgfleet. */
export function diffFleets(base: CompiledSide, head: CompiledSide, { from, notes = [] }: DiffOptions): FleetDiff {
  const sections = [base, head].map(({ artifacts }) => composeSections(artifacts)) as [ComposeSections, ComposeSections]
  const there = compared(base, head, sections, from)
  const back = compared(head, base, [sections[1], sections[0]], from)
  const { changes, unused } = applyAllows(there.changes, head.fleet.allows, base.fleet.allows)
  const files = fileChanges(base.artifacts, head.artifacts)
  // A new database runs its script itself.
  const newSql = files.some(({ path, op }) => op === 'updated' && path.endsWith('-db-init.sql'))
  const changed = new Set(changes.flatMap(({ service }) => (service === undefined ? [] : [service])))
  return {
    changes,
    impact: gravest(changes.map(({ impact }) => impact)),
    containers: there.containers,
    budgets: budgetRows(base.fleet, head.fleet, there.services, changed),
    apply: stepsOf(changes, there.containers, [base.fleet, head.fleet], newSql),
    rollback: {
      impact: gravest(back.changes.map(({ impact }) => impact)),
      steps: stepsOf(back.changes, back.containers, [head.fleet, base.fleet], newSql),
      lost: changes.flatMap(lostBy),
    },
    unusedAllows: unused,
    files,
    notes,
  }
}

type Compared = { changes: Change[]; containers: ContainerEffect[]; services: ServicePair[] }

function compared(base: CompiledSide, head: CompiledSide, [old, now]: readonly [ComposeSections, ComposeSections], from: Date): Compared {
  const known = new Map<string, boolean>()
  const differs = (container: string): boolean => {
    const text = old.containers.get(container)
    const other = now.containers.get(container)
    return text !== undefined && other !== undefined && !sameDefinition(text, other)
  }
  const anew = (container: string): boolean => {
    const found = known.get(container) ?? differs(container)
    known.set(container, found)
    return found
  }
  const scope: FleetScope = { base: base.fleet, head: head.fleet, anew, from }
  const files = [base, head].map(({ artifacts }) => new Map(artifacts.map(({ path, content }) => [path, content]))) as [
    Map<string, string>,
    Map<string, string>,
  ]
  const services = pairServices(base.fleet, head.fleet)
  const roles = fleetRoleChanges(scope)
  const drafts: Draft[] = [
    ...fleetWideChanges(scope),
    ...roles.drafts,
    ...allowanceChanges(scope),
    ...applicationChanges(scope, services),
    ...backupChanges(scope),
  ]
  for (const pair of services) {
    const { key, before, after } = pair
    if (!before || !after) {
      drafts.push(...wholeServiceChange(pair, base.fleet, head.fleet))
      continue
    }
    const both: ServiceScope = { ...scope, name: key, before, after }
    const own = [...serviceChanges(both, roles.told), ...poolerKeyChanges(both, ...files)]
    drafts.push(...own)
    drafts.push(...unexplainedFiles([...drafts.filter(({ service }) => service === undefined), ...own], ...files, pair))
  }
  const all = withNetworks(drafts, unexplainedNetworks(drafts, old, now), services)
  all.push(...unexplainedContainers(all, old, now, services, new Set(head.fleet.applications.map(({ name }) => name))))
  const order = new Map(head.fleet.services.map(({ key }, index) => [key, index]))
  const changes = all
    .map(changeOf)
    .sort(
      (a, b) =>
        impacts.indexOf(b.impact) - impacts.indexOf(a.impact) ||
        (order.get(a.service ?? '') ?? -1) - (order.get(b.service ?? '') ?? -1) ||
        compareText(a.target, b.target),
    )
  return { changes, containers: containerEffects(changes, old, now, services), services }
}

/** Of another database nothing inside is compared, for it is another one, but for what the same roles may do there. */
function serviceChanges(scope: ServiceScope, told: ReadonlyMap<string, Draft['kind']>): Draft[] {
  const outside = [identityChanges, resourceChanges, settingChanges, poolChanges, jobChanges, backupClassChanges, privilegeChanges]
  const inside = [objectChanges, migrationChanges, keptRowChanges]
  const all = outside.flatMap((changes) => changes(scope))
  if (scope.before.database !== scope.after.database) return all
  return [...all, ...roleChanges(scope, told), ...inside.flatMap((changes) => changes(scope))]
}

function containerEffects(
  changes: readonly Change[],
  old: ComposeSections,
  now: ComposeSections,
  services: readonly ServicePair[],
): ContainerEffect[] {
  const effects = new Map<string, ContainerEffect['effect']>()
  for (const { effect, containers } of changes)
    for (const container of containers) {
      const known = effects.get(container)
      if (known !== 'created' && known !== 'removed') effects.set(container, graver(known ?? 'none', effect))
    }
  // Compose makes those anew that depend on a container that it makes anew: the pooler of a server.
  for (const { after } of services) if (after && effects.get(after.host) === 'recreate') effects.set(after.pool.host, 'recreate')
  for (const name of now.containers.keys()) if (!old.containers.has(name)) effects.set(name, 'created')
  for (const name of old.containers.keys()) if (!now.containers.has(name)) effects.set(name, 'removed')
  return [...effects].map(([container, effect]) => ({ container, effect })).sort((a, b) => compareText(a.container, b.container))
}
