import type { BootEvidence, Review } from '../../plan/changes/review.ts'
import type { Change, FleetDiff } from '../../plan/changes/types.ts'
import { shown } from './escape.ts'
import { counted, firstOf, impactWords } from './words.ts'

/** A commit status, and the labels of the pull request. `line` is plain text of at most 140 characters. */
export type Verdict = {
  readonly state: 'success' | 'failure' | 'error'
  readonly line: string
  readonly labels: readonly string[]
}

/** GitHub refuses longer descriptions of a status. */
const longestLine = 140

/**
 * Failure: the head does not compile, something is destroyed that no entry of `allow:` permits, or the head was booted and failed. Error:
 * the base does not compile, so that nothing can be said of the change.
 */
export function verdictOf(review: Review): Verdict {
  const { outcome } = review
  if ('failed' in outcome) {
    const line = outcome.failed === 'base' ? 'the base does not compile: nothing to compare with' : 'services.yaml does not compile'
    return { state: outcome.failed === 'base' ? 'error' : 'failure', line, labels: ['pgfleet:invalid'] }
  }
  const { diff } = outcome
  const refused = refusedOf(diff)
  const failed = bootFailed(review.evidence)
  const said = [
    ...(refused.length === 0 ? [] : [`destroys without leave: ${firstOf([...new Set(refused.map(({ target }) => shown(target)))], 2)}`]),
    ...(failed ? ['the boot failed'] : []),
    changesLine(diff),
  ]
  return { state: refused.length > 0 || failed ? 'failure' : 'success', line: cutLine(said.join('; ')), labels: labelsOf(diff) }
}

/** Destroying changes that no entry of `allow:` permits. */
export const refusedOf = ({ changes }: FleetDiff): Change[] =>
  changes.filter(({ impact, destroys }) => (impact === 'destroy' || destroys !== undefined) && destroys?.allowed === undefined)

export const bootFailed = (evidence: BootEvidence): boolean => evidence.state !== 'not-run' && evidence.result === 'failed'

function changesLine({ changes, impact }: FleetDiff): string {
  if (changes.length === 0) return 'nothing changes'
  const security = changes.filter((change) => change.security !== undefined).length
  const gravest = changes.filter((change) => change.impact === impact).length
  const rest = security === 0 ? '' : `, ${security} of security`
  return `${counted(changes.length, 'change')}, gravest: ${impactWords[impact].word} (${gravest})${rest}`
}

const labelsOf = ({ changes, impact }: FleetDiff): string[] =>
  changes.length === 0
    ? ['pgfleet:no-change']
    : [`pgfleet:${impact}`, ...(changes.some(({ security }) => security !== undefined) ? ['pgfleet:security'] : [])]

function cutLine(line: string): string {
  const characters = [...line]
  return characters.length <= longestLine ? line : `${characters.slice(0, longestLine - 1).join('')}…`
}
