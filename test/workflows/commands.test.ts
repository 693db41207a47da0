import { describe, expect, test } from 'vitest'
import { addedOptions, commandsOf, isKnown, problemWith, someKnows } from './commands.ts'
import { actions, runsOf, workflows } from './workflow-file.ts'

/** Commands that an issue still open brings: from the day they are there, they are checked as all others. */
const planned = ['diff', 'review']
const isPlanned = (name = '') => planned.includes(name) && !isKnown(name)

const scripts = [...workflows, ...actions].flatMap((file) =>
  runsOf(file).map(({ step, script }) => [`${file.path}: ${step}`, script] as const),
)

test('scripts are found in workflows and action', () => {
  const programs = scripts.flatMap(([, script]) => commandsOf(script)).map(({ program, words }) => `${program} ${words[0]}`)
  expect([...new Set(programs)].sort()).toEqual([
    'file ./scripts/test',
    'npm ci',
    'npm run',
    'pgfleet diff',
    'pgfleet down',
    'pgfleet generate',
    'pgfleet logs',
    'pgfleet review',
    'pgfleet secrets',
    'pgfleet up',
    'pgfleet validate',
    'pgfleet verify',
  ])
})

test.each(scripts)('%s calls what there is', (_, script) => {
  const called = commandsOf(script).filter(({ program, words }) => !(program === 'pgfleet' && isPlanned(words[0])))
  expect(called.flatMap((each) => problemWith(each) ?? [])).toEqual([])
  const names = commandsOf(script).flatMap(({ program, words }) => (program === 'pgfleet' ? words.slice(0, 1) : []))
  if (!names.some(isPlanned)) expect(addedOptions(script).filter((option) => !someKnows(names, option))).toEqual([])
})

describe('what there is not is found', () => {
  test.each([
    ['pgfleet valiate', 'pgfleet valiate is not known'],
    ['node dist/pgfleet.js validate --strict', '--strict is not an option of validate'],
    ['pgfleet secrets make', 'pgfleet secrets is not known'],
    [
      'pgfleet up --runtime podman',
      "error: option '--runtime <runtime>' argument 'podman' is invalid. Allowed choices are embedded, compose.",
    ],
    ['pgfleet verify --evidence', "error: option '--evidence <file>' argument missing"],
    ['pgfleet validate one two', 'validate takes other arguments'],
    ['pgfleet explain', 'explain takes other arguments'],
    ['true && npm run publish', 'npm run publish is not known'],
    ['npm install', 'npm install  is not known'],
    ['./scripts/tests', 'no file ./scripts/tests'],
  ])('%s', (script, problem) => {
    expect(commandsOf(script).map(problemWith)).toEqual([problem])
  })

  test.each([
    'pgfleet up --runtime compose -- "$FILE"',
    'pgfleet generate --target "$TARGET" "${more[@]}" -- "$FILE"',
    'pgfleet secrets init --secrets "$HOME/a b" || exit 3',
    'npm run -s build -- --quiet',
  ])('and nothing in: %s', (script) => {
    expect(commandsOf(script).map(problemWith)).toEqual([undefined])
  })

  test('options that a script adds', () => {
    const script = 'more+=(--check)\nmore+=(--checks "$X")\npgfleet generate "${more[@]}"'
    expect(addedOptions(script).filter((option) => !someKnows(['generate'], option))).toEqual(['--checks'])
  })
})
