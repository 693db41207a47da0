import type { FleetDiff } from '../../plan/changes/types.ts'
import { artifactsPart } from '../markdown/artifacts.ts'
import { budgetParts } from '../markdown/budgets.ts'
import { containersPart } from '../markdown/containers.ts'
import { notesPart } from '../markdown/findings.ts'
import { derivedChangesPart, otherChangesPart } from '../markdown/other-changes.ts'
import { riskPart } from '../markdown/risk.ts'
import { applyPart, rollbackParts } from '../markdown/steps.ts'

/** A semantic diff in Markdown, whole, in the sections of a comment. Diffs of files are in it when they are asked for. */
export function diffMarkdown(diff: FleetDiff, { texts = false }: { readonly texts?: boolean } = {}): string {
  if (diff.changes.length === 0 && diff.files.length === 0 && diff.notes.length === 0) return 'Nothing changes.\n'
  const parts = [
    riskPart(diff.changes),
    otherChangesPart(diff.changes),
    derivedChangesPart(diff.changes),
    containersPart(diff.containers),
    ...budgetParts(diff.budgets),
    applyPart(diff.apply),
    ...(diff.changes.length === 0 ? [] : rollbackParts(diff.rollback)),
    notesPart(diff.notes, diff.unusedAllows),
    ...(texts ? [artifactsPart(diff, [])] : []),
  ]
  const blocks = parts.map((part) => part.fit(Number.POSITIVE_INFINITY).text).filter((text) => text !== '')
  return `${blocks.join('\n\n')}\n`
}
