/** Indexes of a line in two texts. */
export type Anchor = readonly [before: number, after: number]

/**
 * Lines that both texts have exactly once, in the longest order that both agree on: between them, long texts are compared piece by piece.
 * After patience diff, https://bramcohen.livejournal.com/73318.html
 */
export function anchorsOf(before: readonly string[], after: readonly string[]): Anchor[] {
  const there = onlyOnes(after)
  const pairs: Anchor[] = []
  for (const [line, index] of onlyOnes(before)) {
    const other = there.get(line)
    if (other !== undefined) pairs.push([index, other])
  }
  return longestAscent(pairs)
}

/** Lines that occur once, with their index, in order. */
function onlyOnes(lines: readonly string[]): Map<string, number> {
  const ones = new Map<string, number>()
  const more = new Set<string>()
  for (const [index, line] of lines.entries())
    if (ones.has(line)) more.add(line)
    else ones.set(line, index)
  for (const line of more) ones.delete(line)
  return ones
}

/** Of pairs that ascend on their first side, the most that ascend on the second, too: piles of patience sorting. */
function longestAscent(pairs: readonly Anchor[]): Anchor[] {
  const tops: number[] = []
  const previous: (number | undefined)[] = []
  for (const [index, [, after]] of pairs.entries()) {
    let low = 0
    let high = tops.length
    while (low < high) {
      const middle = (low + high) >> 1
      if (pairs[tops[middle]!]![1] < after) low = middle + 1
      else high = middle
    }
    previous.push(low > 0 ? tops[low - 1] : undefined)
    tops[low] = index
  }
  const ascent: Anchor[] = []
  for (let index = tops.at(-1); index !== undefined; index = previous[index]) ascent.push(pairs[index]!)
  return ascent.reverse()
}
