import { distance } from 'fastest-levenshtein'

/**
 * The candidate that a misspelt word probably means, undefined when none is close: at most a third of its letters differ. Upper and
 * lower case, hyphens and underscores count as the same letter. The first of several equally close ones wins.
 */
export function closest(word: string, candidates: Iterable<string>): string | undefined {
  const letters = plain(word)
  let best: string | undefined
  let least = Math.max(1, Math.floor(letters.length / 3)) + 1
  for (const candidate of candidates) {
    const other = plain(candidate)
    const away = isSwap(letters, other) ? 1 : distance(letters, other)
    if (away >= least) continue
    best = candidate
    least = away
  }
  return best
}

const plain = (word: string) => word.toLowerCase().replaceAll('-', '_')

/** Two neighbours changed places (`olpt` for `oltp`): one slip of the fingers, though two edits. */
function isSwap(a: string, b: string): boolean {
  const at = [...a].findIndex((letter, index) => letter !== b[index])
  return a.length === b.length && at !== -1 && a[at] === b[at + 1] && a[at + 1] === b[at] && a.slice(at + 2) === b.slice(at + 2)
}

/** `did you mean "x"?` as help, where there is something to mean; otherwise the second sentence. */
export function didYouMean(word: string, candidates: Iterable<string>, otherwise: string): string {
  const meant = closest(word, candidates)
  return meant === undefined ? otherwise : `did you mean "${meant}"?`
}
