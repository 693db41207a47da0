import type { Review } from '../../plan/changes/review.ts'
import { alertParts } from './alerts.ts'
import { artifactsPart } from './artifacts.ts'
import { budgetParts } from './budgets.ts'
import { containersPart } from './containers.ts'
import { evidencePart, imagesPart } from './evidence.ts'
import { findingsPart, notesPart } from './findings.ts'
import { footer, placeOf } from './footer.ts'
import { headline } from './headline.ts'
import { derivedChangesPart, otherChangesPart } from './other-changes.ts'
import { always, bytes, cost, type Form, fitAll, type Placed } from './part.ts'
import { countedTitle, riskPart } from './risk.ts'
import { applyPart, rollbackParts } from './steps.ts'

/** Bytes of UTF-8 that a comment may take: what GitHub Enterprise refuses is not known, and github.com takes at least 65,536. */
export const defaultBudget = 60_000

/** Below this a body is as short as it gets, and may be larger than its budget. */
export const leastBudget = 4_000

/** `short`: something is left out; `summary`: the table of risks is counted. */
export type Body = { readonly text: string; readonly form: 'full' | 'short' | 'summary'; readonly leftOut: readonly string[] }

/** The comment, in Markdown of GitHub, ending with a line feed. `budget` is in bytes of UTF-8 and holds for the whole text. */
export function reviewBody(review: Review, { budget }: { readonly budget: number }): Body {
  const parts = partsOf(review)
  const end = footer(review)
  const whole = parts.map(({ part }) => part.fit(budget))
  if (whole.every(({ left }) => left === undefined)) {
    const text = join([...texts(whole), end])
    if (bytes(text) <= budget) return { text, form: 'full', leftOut: [] }
  }

  const heading = `#### Left out here\n\nAll of it is in ${placeOf(review.elsewhere)}:\n`
  const forms = fitAll(parts, budget - cost({ text: end }) - cost({ text: heading }))
  const leftOut = forms.flatMap(({ left }) => (left === undefined ? [] : [left]))
  const list = leftOut.length === 0 ? [] : [`${heading}\n${leftOut.map((left) => `- ${left}`).join('\n')}`]
  const isCounted = forms.some(({ text }) => text.startsWith(countedTitle))
  return { text: join([...texts(forms), ...list, end]), form: isCounted ? 'summary' : leftOut.length === 0 ? 'full' : 'short', leftOut }
}

const texts = (forms: readonly Form[]): string[] => forms.map(({ text }) => text).filter((text) => text !== '')
const join = (blocks: readonly string[]): string => `${blocks.join('\n\n')}\n`

function partsOf(review: Review): Placed[] {
  const { outcome, findings, evidence, origins } = review
  const head = { part: always(headline(review)), rank: 0, share: 1 }
  const booted = [
    { part: evidencePart(evidence), rank: 2, share: 1 },
    { part: imagesPart(evidence), rank: 11 },
  ]
  if ('failed' in outcome) return [head, { part: findingsPart(findings), rank: 3 }, ...booted]
  const { diff } = outcome
  const [budgets, calmBudgets] = budgetParts(diff.budgets)
  const [rollback, rollbackSteps] = diff.changes.length === 0 ? [always(''), always('')] : rollbackParts(diff.rollback)
  return [
    head,
    ...alertParts(diff, review).map((part) => ({ part, rank: 1, share: 1 })),
    { part: riskPart(diff.changes), rank: 3, share: 0.75 },
    { part: otherChangesPart(diff.changes), rank: 6, share: 0.3 },
    { part: derivedChangesPart(diff.changes), rank: 10 },
    { part: containersPart(diff.containers), rank: 10 },
    { part: budgets, rank: 5, share: 0.4 },
    { part: calmBudgets, rank: 10 },
    ...booted,
    { part: applyPart(diff.apply), rank: 7, share: 0.2 },
    { part: rollback, rank: 5, share: 0.4 },
    { part: rollbackSteps, rank: 9 },
    { part: findingsPart(findings), rank: 4, share: 0.4 },
    { part: notesPart(diff.notes, diff.unusedAllows), rank: 8 },
    { part: artifactsPart(diff, origins), rank: 12 },
  ]
}
