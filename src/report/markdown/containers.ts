import type { ContainerEffect } from '../../plan/changes/types.ts'
import { cell } from './escape.ts'
import { foldClose, foldOpen } from './fold.ts'
import { listing, type Part } from './part.ts'
import { counted, impactWords, thousands } from './words.ts'

/** What becomes of each container that does not stay as it is. */
export function containersPart(all: readonly ContainerEffect[]): Part {
  const containers = all.filter(({ effect }) => effect !== 'none')
  const counts = new Map<string, number>()
  for (const { effect } of containers) counts.set(wordOf(effect), (counts.get(wordOf(effect)) ?? 0) + 1)
  const summary = [...counts].map(([word, count]) => `${thousands(count)} ${word}`).join(', ')
  return listing({
    before: `${foldOpen(`${counted(containers.length, 'container')}: ${summary}`)}| Container | What becomes of it |\n| --- | --- |`,
    rows: containers.map(({ container, effect }) => `| ${cell(container, 100)} | ${wordOf(effect)} |`),
    after: foldClose,
    left: (missing) => counted(missing, 'container'),
  })
}

const wordOf = (effect: ContainerEffect['effect']): string =>
  effect === 'created' || effect === 'removed' ? effect : impactWords[effect].word
