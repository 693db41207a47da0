import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

/**
 * Defects of other review bots, and which test shows that this client has none of them. The numbers are those of our survey; what is
 * missing here (7, 8, 14, 15) is about annotations, the text of the comment and secrets, and is tested with those.
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
  [16, 'appends until it is too long', 'comments', ["'update'", '%s: a step that runs again in its run adds nothing']],
  [16, 'takes itself for github-actions[bot]', 'comments', ['--bot-login %s asks nobody who we are']],
]

test.each(defects)('%i: %s', (_, __, file, titles) => {
  const text = readFileSync(`test/github/${file}.test.ts`, 'utf8')
  expect(titles.filter((title) => !text.includes(title))).toEqual([])
})
