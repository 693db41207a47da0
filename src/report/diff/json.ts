import type { FleetDiff } from '../../plan/changes/types.ts'

/**
 * A semantic diff for machines, as schema/diff.schema.json describes it. The texts of the files are only in it when they are asked for:
 * they are most of its bytes. Ends with a line feed.
 */
export function diffJson(diff: FleetDiff, { texts = false }: { readonly texts?: boolean } = {}): string {
  const { impact, changes, containers, budgets, apply, rollback, unusedAllows, files, notes } = diff
  const document = {
    format: 1,
    impact,
    changes: changes.map((change) => ({
      target: change.target,
      area: change.area,
      kind: change.kind,
      service: change.service,
      subject: change.subject,
      before: change.before,
      after: change.after,
      note: change.note,
      impact: change.impact,
      effect: change.effect,
      security: change.security,
      destroys: change.destroys && { rule: change.destroys.rule, allowed: change.destroys.allowed },
      advice: change.advice,
      containers: change.containers,
      at: { base: change.at.base, head: change.at.head },
    })),
    containers: containers.map(({ container, effect }) => ({ container, effect })),
    budgets: budgets.map(({ service, kind, unit, before, after, tight }) => ({ service, kind, unit, before, after, tight })),
    apply: apply.map(({ command, why }) => ({ command, why })),
    rollback: { impact: rollback.impact, steps: rollback.steps.map(({ command, why }) => ({ command, why })), lost: rollback.lost },
    unusedAllows: unusedAllows.map(({ rule, target, why, index, message }) => ({ rule, target, why, index, message })),
    files: files.map(({ path, op, before, after }) => ({ path, op, ...(texts ? { before, after } : {}) })),
    notes,
  }
  return `${JSON.stringify(document, null, 2)}\n`
}
