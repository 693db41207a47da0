import { type Impact, impacts } from '../../plan/changes/impact.ts'
import type { Review } from '../../plan/changes/review.ts'
import type { Change, FleetDiff } from '../../plan/changes/types.ts'
import { cell } from './escape.ts'
import { bootFailed, refusedOf } from './verdict.ts'
import { counted, firstOf, impactWords, thousands } from './words.ts'

/** Heading of the comment and the line of counts under it: what a reader knows who reads no further. */
export function headline(review: Review): string {
  const { outcome } = review
  if ('failed' in outcome) return `### ${brokenTitle(review, outcome.failed)}`
  const { diff } = outcome
  const counts = countsLine(diff, review)
  return `### ${title(diff, review)}${counts === '' ? '' : `\n\n${counts}`}`
}

function brokenTitle({ file, findings }: Review, failed: 'base' | 'head' | 'both'): string {
  const errors = findings.filter(({ severity }) => severity === 'error').length
  const name = cell(file, 60)
  if (failed === 'base') return `⚠️ The base of ${name} does not compile: the change cannot be judged`
  const both = failed === 'both' ? ', and neither does its base' : ''
  return `❌ ${name} does not compile: ${counted(errors, 'error')}${both}`
}

/** What a class does to what it reaches. */
const verbs: Readonly<Record<Impact, string>> = {
  none: '⚪ Changes nothing that runs:',
  reload: '🟢 Reloads',
  'new-sessions': '🟢 Reaches new sessions of',
  'pooler-reload': '🟢 Reloads the pooler of',
  'pooler-restart': '🟡 Restarts the pooler of',
  restart: '🟠 Restarts the server of',
  recreate: '🟠 Recreates containers of',
  migration: '🟠 Migrates',
  destroy: '🔴 Destroys data of',
}

function title(diff: FleetDiff, { evidence, file }: Review): string {
  if (diff.changes.length === 0) {
    const name = cell(file, 60)
    return bootFailed(evidence) ? `❌ ${name} changes nothing, and did not boot` : `✅ ${name} changes nothing`
  }
  const refused = refusedOf(diff)
  const gravest = refused.length > 0 ? refused : diff.changes.filter(({ impact }) => impact === diff.impact)
  const verb = refused.length > 0 ? '⛔ Not allowed: destroys data of' : verbs[diff.impact]
  const allowed = refused.length === 0 && diff.impact === 'destroy' ? ' (allowed)' : ''
  return `${bootFailed(evidence) ? '❌ Did not boot. ' : ''}${verb} ${servicesOf(gravest)}${allowed}`
}

function servicesOf(changes: readonly Change[]): string {
  const names = [...new Set(changes.map(({ service }) => (service === undefined ? 'the fleet' : cell(service, 45))))]
  return firstOf(names, names.length > 4 ? 3 : 4)
}

function countsLine({ changes, budgets }: FleetDiff, review: Review): string {
  if (changes.length === 0) return ''
  const classes = [...impacts].reverse().flatMap((impact) => {
    const count = changes.filter((change) => change.impact === impact).length
    return count === 0 ? [] : [`${impactWords[impact].mark} ${thousands(count)} ${impactWords[impact].word}`]
  })
  const security = changes.filter((change) => change.security !== undefined).length
  const tight = budgets.filter((row) => row.tight).length
  const errors = review.findings.filter(({ severity }) => severity === 'error').length
  const more = [
    ...(security === 0 ? [] : [`🔒 ${thousands(security)} of security`]),
    ...(tight === 0 ? [] : [`${counted(tight, 'budget')} tight`]),
    ...(review.findings.length === 0 ? [] : [errors > 0 ? counted(errors, 'error') : counted(review.findings.length, 'warning')]),
  ]
  return `**${counted(changes.length, 'change')}**: ${[...classes, ...more].join(' · ')}`
}
