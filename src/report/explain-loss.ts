import { destroyMeaning } from '../plan/changes/destroy-rules.ts'
import { type DestroyRule, destroyRules } from '../plan/changes/types.ts'

/** A rule of destruction as text: what it stands for, and how it is permitted; undefined for another word. */
export function explainLoss(word: string): string | undefined {
  if (!destroyRules.some((rule) => rule === word)) return undefined
  return `${word} (a change that destroys)

${destroyMeaning[word as DestroyRule]}

A review refuses it until services.yaml permits it:

    allow:
      - rule: ${word}
        target: what pgfleet diff names
        reason: why it is meant
        expires: 2027-01-31
`
}
