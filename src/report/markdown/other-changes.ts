import type { Change } from '../../plan/changes/types.ts'
import { foldClose, foldOpen } from './fold.ts'
import { listing, type Part } from './part.ts'
import { isDerived, isRisk, rowsHead, rowsOf, tableRow } from './rows.ts'
import { counted } from './words.ts'

/** More rows than these open on a click. */
const shownRows = 15

/** Changes that are no risk: what somebody wrote. */
export function otherChangesPart(changes: readonly Change[]): Part {
  const rows = rowsOf(changes.filter((change) => !isRisk(change) && !isDerived(change)))
  const folded = rows.length > shownRows
  return listing({
    before: `#### Other changes\n\n${folded ? foldOpen(counted(rows.length, 'row')) : ''}${rowsHead}`,
    rows: rows.map((row) => tableRow(row)),
    after: folded ? foldClose : '',
    left: (missing) => `${counted(missing, 'row')} of other changes`,
  })
}

/** Values that pgfleet computes anew because something else changed. */
export function derivedChangesPart(changes: readonly Change[]): Part {
  const rows = rowsOf(changes.filter((change) => !isRisk(change) && isDerived(change)))
  return listing({
    before: `${foldOpen(`Settings that follow from these changes: ${counted(rows.length, 'row')}`)}${rowsHead}`,
    rows: rows.map((row) => tableRow(row)),
    after: foldClose,
    left: (missing) => `${counted(missing, 'row')} of settings that follow`,
  })
}
