import type { Diagnostic } from '../../diagnostic.ts'
import type { UnusedAllow } from '../../plan/changes/types.ts'
import { cell, clip, code, inline } from './escape.ts'
import { listing, type Part } from './part.ts'
import { counted } from './words.ts'

/** Findings of the compiler, errors first. */
export function findingsPart(findings: readonly Diagnostic[]): Part {
  const rank = ({ severity }: Diagnostic): number => (severity === 'error' ? 0 : 1)
  return listing({
    before: '#### Findings\n',
    rows: [...findings].sort((a, b) => rank(a) - rank(b)).map(findingRow),
    left: (missing) => counted(missing, 'finding'),
  })
}

function findingRow({ severity, at, message, help, code: rule }: Diagnostic): string {
  const place = code(`${clip(at.file, 200)}:${at.start.line}:${at.start.col}`)
  const advice = help === undefined ? '' : `; ${inline(clip(help, 400))}`
  return `- ${severity === 'error' ? '❌' : '⚠️'} ${place} ${inline(clip(message, 600))}${advice} (${cell(rule, 80)})`
}

/** What could not be compared, and entries of `allow:` that permit nothing. */
export const notesPart = (notes: readonly string[], unused: readonly UnusedAllow[]): Part =>
  listing({
    before: '#### Notes\n',
    rows: [
      ...unused.map(
        ({ why, rule, target, message }) =>
          `- ${why} entry of \`allow:\` (${cell(rule, 60)}, ${cell(target, 100)}): ${inline(clip(message, 300))}`,
      ),
      ...notes.map((note) => `- ${inline(clip(note, 400))}`),
    ],
    left: (missing) => counted(missing, 'note'),
  })
