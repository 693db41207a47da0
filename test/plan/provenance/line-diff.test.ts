import { describe, expect, test } from 'vitest'
import { hunksOf, linesOf, movesOf, replacementOf } from '../../../src/plan/provenance/line-diff.ts'

const numbers = (count: number, name = 'line') => Array.from({ length: count }, (_, index) => `${name} ${index}`)

/** What a text is after its hunks were applied. */
function applied(before: readonly string[], hunks: ReturnType<typeof hunksOf>): string[] {
  const lines = [...before]
  for (const { at, count, with: added } of hunks.toReversed()) lines.splice(at, count, ...added)
  return lines
}

describe('differences of lines', () => {
  test.each([
    ['nothing', ['a', 'b'], ['a', 'b'], []],
    ['one line', ['a', 'b', 'c'], ['a', 'x', 'c'], [{ at: 1, count: 1, with: ['x'], into: 1 }]],
    ['a shift is none', ['a', 'b'], ['x', 'a', 'b'], [{ at: 0, count: 0, with: ['x'], into: 0 }]],
    [
      'two places',
      ['a', 'b', 'c', 'd', 'e'],
      ['a', 'x', 'y', 'c', 'd'],
      [
        { at: 1, count: 1, with: ['x', 'y'], into: 1 },
        { at: 4, count: 1, with: [], into: 5 },
      ],
    ],
    // Not `b: / -` of one and `c:` of the other.
    ['a block among blocks alike', ['a:', '-', 'b:', '-', 'c:', '-'], ['a:', '-', 'c:', '-'], [{ at: 2, count: 2, with: [], into: 2 }]],
  ])('%s', (_, before, after, hunks) => {
    expect(hunksOf(before, after)).toEqual(hunks)
    expect(applied(before, hunksOf(before, after))).toEqual(after)
  })

  test('of long texts, with more edits than a diff would look at', () => {
    const before = numbers(20_000).flatMap((line) => [line, '{}'])
    const after = numbers(20_000).flatMap((line, index) => (index % 2 === 0 ? [] : [index === 9001 ? `${line} changed` : line, '{}']))
    const hunks = hunksOf(before, after)
    expect(applied(before, hunks)).toEqual(after)
    const moves = movesOf(before.length, hunks)
    expect(after[moves[before.indexOf('line 19001')]!]).toBe('line 19001')
    expect(moves[before.indexOf('line 9001')]).toBeUndefined()
    expect(moves[before.indexOf('line 19000')]).toBeUndefined()
  })

  test('where lines are afterwards', () => {
    const [before, after] = [
      ['a', 'b', 'c', 'd'],
      ['x', 'a', 'y', 'c', 'd'],
    ]
    expect(movesOf(4, hunksOf(before, after))).toEqual([1, undefined, 3, 4])
  })

  test('what stands in the place of a line', () => {
    const hunk = { at: 1, count: 1, with: ['other', 'port = 5434', 'port'], into: 1 }
    expect(replacementOf(hunk, 1, 'port = 5433')).toBe('port = 5434')
    expect(replacementOf({ ...hunk, with: ['x'] }, 1, 'port = 5433')).toBe('x')
    expect(replacementOf({ ...hunk, with: [] }, 1, 'port = 5433')).toBeUndefined()
  })

  test('the last line feed begins no line', () => {
    expect(linesOf('a\nb\n')).toEqual(['a', 'b'])
    expect(linesOf('a\n\n')).toEqual(['a', ''])
  })
})
