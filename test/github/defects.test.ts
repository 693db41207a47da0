import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

/**
 * Sixteen defects of other review bots, and which test shows that ours has none of them: of the client in this folder, of annotations, of
 * the text of the comment and of secrets in others.
 */
const defects: readonly [number: number, defect: string, file: string, tests: readonly string[]][] = [
  [1, 'reads the first page only', 'comments', ['behind %i others: it is edited, none is added', 'none among %i others: one is added']],
  [1, 'the same for files', 'pull-request', ['changed files, all pages']],
  [1, 'the same for inline comments', 'review-comments', ['our own are found behind 250 others']],
  [2, 'JSON that is none', 'comments', ['control characters and any script arrive as they are']],
  [2, 'no guard of the size', 'comments-faults', ['GitHub finds it too long: a quarter of the budget, %s']],
  [3, 'whoever pastes the marker owns the comment', 'comments', ["'pasted by a user'", "'of another app with the same text'"]],
  [3, 'the same for inline comments', 'review-comments', ["'pasted by a user'"]],
  [
    4,
    'hides what quotes the report, and all of a shared account',
    'comments',
    ["'of ours, quoted in a reply'", "'nowhere, in a comment of the same account'"],
  ],
  [5, 'cuts the body anywhere', 'comments-faults', ['never cut: a body that heeds no budget is refused as a whole']],
  [
    6,
    'one page of 100, one login',
    'comments',
    ['behind %i others: it is edited, none is added', 'an app edits its own, and not that of github-actions'],
  ],
  [7, 'columns from zero, texts that end the command', 'test/cli/review-hostile', ['a name with everything that separates']],
  [7, 'the same for lines', 'test/cli/review-outcomes', ['the findings stand at their lines']],
  [8, 'fences that nothing closes', 'test/plan/changes/properties', ['the comment is within its budget and sound']],
  [8, 'a fence inside a fence', 'test/report/markdown/escape', ['%j stays inside']],
  [
    9,
    'hides by the words of the first line',
    'comments',
    ['of several of ours the newest is edited and the rest is hidden', "'of ours, further down'"],
  ],
  [10, 'a budget per block, in characters', 'comments-faults', ['the budget is of the whole comment in bytes, %s']],
  [11, 'tries 4xx again', 'comments-faults', ['a refusal is not tried again']],
  [11, 'the same for all requests', 'client', ["'422'", "'404'"]],
  [12, 'edits what the account wrote last', 'comments', ["'nowhere, in a comment of the same account'"]],
  [13, 'says nothing when it may not write', 'comments', ['a token that may only read']],
  [14, 'properties of annotations as they are', 'test/cli/review-hostile', ['a name with everything that separates']],
  [14, 'annotations beyond the tenth are lost', 'test/cli/review-hostile', ['ten of a kind, and how many more there are']],
  [15, 'length and equality of secrets show', 'test/cli/review-hostile', ['the same change beside other secrets is the same comment']],
  [16, 'appends until it is too long', 'comments', ["'update'", '%s: a step that runs again in its run adds nothing']],
  [16, 'takes itself for github-actions[bot]', 'comments', ['--bot-login %s asks nobody who we are']],
]

test('all sixteen are here', () => {
  expect([...new Set(defects.map(([number]) => number))]).toEqual(Array.from({ length: 16 }, (_, index) => index + 1))
})

test.each(defects)('%i: %s', (_, __, file, titles) => {
  const text = readFileSync(`${file.includes('/') ? '' : 'test/github/'}${file}.test.ts`, 'utf8')
  expect(titles.filter((title) => !text.includes(title))).toEqual([])
})
