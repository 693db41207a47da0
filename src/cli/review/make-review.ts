import type { Diagnostic } from '../../diagnostic.ts'
import { OperationError } from '../../io/operation-error.ts'
import { diffFleets } from '../../plan/changes/diff-fleets.ts'
import type { BootEvidence, Review, Side } from '../../plan/changes/review.ts'
import type { FleetDiff } from '../../plan/changes/types.ts'
import { compileTrees, type TreeOptions, type TreeSide } from '../compare/compile-trees.ts'
import type { Tree } from '../compare/tree.ts'
import { originsOfSides } from './origins.ts'

export type ReviewInput = {
  readonly trees: readonly [base: Tree, head: Tree]
  /** Path of services.yaml in its repository. */
  readonly file: string
  readonly options: TreeOptions
  /** Moment after which next runs are shown. */
  readonly from: Date
  /** Is asked once the text of the head is known. */
  readonly evidence: (services: string | undefined) => Promise<BootEvidence>
  readonly elsewhere: string
}

/** A review, and the head that it is about. What cannot be read or compiled is part of the review. */
export async function makeReview(input: ReviewInput): Promise<{ readonly review: Review; readonly head?: TreeSide }> {
  const { trees, file, options, from, elsewhere } = input
  const named = (tree: Tree): Side => ({ label: tree.label, ...(tree.commit === undefined ? {} : { commit: tree.commit }) })
  const about = { file, fleet: '', base: named(trees[0]), head: named(trees[1]), origins: [], elsewhere }
  let sides: [TreeSide, TreeSide]
  let found: readonly string[]
  try {
    ;({ sides, notes: found } = await compileTrees(trees, options))
  } catch (error) {
    // What GitHub or the network does says nothing of the change.
    if (!(error instanceof OperationError) || error.code.startsWith('github-')) throw error
    const evidence: BootEvidence = { state: 'not-run', why: 'what was to be reviewed could not be read' }
    return { review: { ...about, outcome: { failed: 'head' }, findings: [unreadable(file, error)], evidence } }
  }
  const [base, head] = sides
  const folder = file.slice(0, file.lastIndexOf('/') + 1)
  const evidence = await input.evidence(head.source && head.texts.get(head.tree.file))
  const fleet = head.source?.config.fleet ?? base.source?.config.fleet ?? ''
  if (!base.side || !head.side) {
    const failed = base.side ? 'head' : head.side ? 'base' : 'both'
    const findings = [head, ...(failed === 'base' ? [base] : [])]
      .flatMap(({ diagnostics }) => diagnostics)
      .map((found) => inFolder(found, folder))
    return { review: { ...about, fleet, outcome: { failed }, findings, evidence }, head }
  }
  const diff = diffFleets(base.side, head.side, { from, notes: found })
  const findings = [...head.diagnostics, ...staleAllows(diff, head)].map((found) => inFolder(found, folder))
  const traced = await originsOfSides(base, head, diff)
  const origins = traced.origins.map((origin) => ({ ...origin, at: { ...origin.at, file: `${folder}${origin.at.file}` } }))
  const notes = traced.untraced === 0 ? diff.notes : [...diff.notes, `of ${traced.untraced} generated lines the cause could not be told`]
  return { review: { ...about, fleet, outcome: { diff: { ...diff, notes, unusedAllows: [] } }, findings, evidence, origins }, head }
}

/** Entries that permit nothing here. One whose day is over is found by its rule, with or without a change. */
const staleAllows = ({ unusedAllows }: FleetDiff, { source }: TreeSide): Diagnostic[] =>
  unusedAllows
    .filter(({ why }) => why === 'stale')
    .map(({ index, message }) => ({
      code: 'allow-stale',
      severity: 'warning',
      message,
      at: source!.document.spanOf(['allow', index]),
      related: [],
    }))

/** With paths as in the repository. */
function inFolder(found: Diagnostic, folder: string): Diagnostic {
  const moved = <T extends { readonly at: Diagnostic['at'] }>(each: T): T => ({
    ...each,
    at: { ...each.at, file: `${folder}${each.at.file}` },
  })
  return { ...moved(found), related: found.related.map(moved) }
}

function unreadable(file: string, { code, message, hint }: OperationError): Diagnostic {
  const start = { line: 1, col: 1, offset: 0 }
  return { code, severity: 'error', message, ...(hint ? { help: hint } : {}), at: { file, start, end: start }, related: [] }
}
