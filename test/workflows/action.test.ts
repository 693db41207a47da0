// The composite action, run: its scripts with the variables that it declares, and a pgfleet that writes down what it is called with.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeEach, describe, expect, test } from 'vitest'
import { actions, type Step } from './workflow-file.ts'

const root = mkdtempSync(join(tmpdir(), 'pgfleet-test-action-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))

const action = actions[0]!
const calls = join(root, 'calls')
const workspace = join(root, 'workspace')
const actionPath = join(root, 'pgfleet/.github/actions/pgfleet')
mkdirSync(actionPath, { recursive: true })
mkdirSync(join(root, 'pgfleet/dist'))
writeFileSync(join(root, 'pgfleet/package.json'), '{ "type": "module" }')
// EXITS says how a command ends: `up=3 verify=1`.
writeFileSync(
  join(root, 'pgfleet/dist/pgfleet.js'),
  `import { appendFileSync } from 'node:fs'
const { CALLS, EXITS = '', GITHUB_TOKEN, PGFLEET_SECRETS, PGFLEET_PACKAGE } = process.env
const args = process.argv.slice(2)
appendFileSync(CALLS, JSON.stringify({ args, token: GITHUB_TOKEN, secrets: PGFLEET_SECRETS, of: PGFLEET_PACKAGE }) + '\\n')
process.exit(Number(EXITS.split(' ').find((each) => each.startsWith(args[0] + '='))?.split('=')[1] ?? 0))
`,
)

beforeEach(() => {
  rmSync(workspace, { recursive: true, force: true })
  mkdirSync(workspace)
  writeFileSync(calls, '')
})

type Inputs = Readonly<Record<string, string>>
type Called = { readonly args: readonly string[]; readonly token?: string; readonly secrets?: string; readonly of?: string }

const step = (name: string): Step => action.jobs[0]!.steps.find((each) => each.name === name)!

/** The variables of a step as the runner makes them. It knows only what this action uses, and throws on anything else. */
function variables(env: Readonly<Record<string, string>>, inputs: Inputs): Record<string, string> {
  const declared = action.whole['inputs'] as Record<string, { default?: string }>
  const value = (expression: string): string => {
    const name = /^inputs\.([a-z-]+)$/.exec(expression)?.[1]
    if (expression === 'runner.temp') return join(root, 'temp')
    if (name === undefined || !(name in declared)) throw new Error(`unknown: ${expression}`)
    return inputs[name] ?? (name === 'token' ? 'token-of-the-run' : (declared[name]!.default ?? ''))
  }
  return Object.fromEntries(
    Object.entries(env).map(([name, text]) => [name, text.replaceAll(/\$\{\{ (.+?) \}\}/g, (_, each) => value(each))]),
  )
}

function run(
  name: string,
  inputs: Inputs,
  more: Readonly<Record<string, string>> = {},
): { code: number | null; err: string; called: Called[] } {
  const { run: script = '', env = {} } = step(name)
  const fixed = { PATH: process.env['PATH'] ?? '', CALLS: calls, GITHUB_ACTION_PATH: actionPath, GITHUB_EVENT_NAME: 'pull_request' }
  // https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-syntax#jobsjob_idstepsshell
  const ended = spawnSync('bash', ['--noprofile', '--norc', '-eo', 'pipefail', '-c', script], {
    cwd: workspace,
    env: { ...fixed, ...variables(env, inputs), ...more },
    encoding: 'utf8',
  })
  const called = readFileSync(calls, 'utf8').split('\n').filter(Boolean)
  return { code: ended.status, err: ended.stderr, called: called.map((line) => JSON.parse(line) as Called) }
}

describe('inputs become arguments', () => {
  test.each<[Inputs, string[]]>([
    [{ command: 'validate' }, ['validate', '--', 'services.yaml']],
    [
      { command: 'validate', file: 'db/services.yaml', args: '--format\nonelin e\n' },
      ['validate', '--format', 'onelin e', '--', 'db/services.yaml'],
    ],
    [{ command: 'generate', args: '\n  --check  \n\n--out\nout dir' }, ['generate', '--check', '--out', 'out dir', '--', 'services.yaml']],
    [{ command: 'diff', 'fail-on': 'destroy' }, ['diff', '--file', 'services.yaml', '--fail-on=destroy']],
  ])('%j', (inputs, args) => {
    expect(run('Run pgfleet', inputs)).toEqual({ code: 0, err: '', called: [{ args }] })
  })

  test.each<[Inputs, string[]]>([
    [{ command: 'review' }, ['--', 'services.yaml']],
    [
      { command: 'review', 'comment-mode': 'new', 'fail-on': 'restart security' },
      ['--fail-on=restart', '--fail-on=security', '--mode', 'new', '--', 'services.yaml'],
    ],
    [{ command: 'review', args: '--skip-no-changes', file: 'a.yaml' }, ['--skip-no-changes', '--', 'a.yaml']],
  ])('%j', (inputs, args) => {
    const expected = { args: ['review', '--evidence-artifact', 'pgfleet-evidence', ...args], token: 'token-of-the-run' }
    expect(run('Review', inputs)).toEqual({ code: 0, err: '', called: [expected] })
  })

  test.each([
    '$(touch pwned)',
    '`touch pwned`',
    '"; touch pwned; "',
    "'; touch pwned; '",
    '--help',
    '$HOME',
    '* ',
    '\\',
    '${{ github.token }}',
  ])('no shell and no option comes from %s', (text) => {
    const hostile = text.trim()
    const expected = ['validate', hostile, '--', text]
    expect(run('Run pgfleet', { command: 'validate', file: text, args: text })).toEqual({ code: 0, err: '', called: [{ args: expected }] })
    expect(existsSync(join(workspace, 'pwned'))).toBe(false)
  })
})

describe('inputs that do not go together are refused before anything is installed', () => {
  test.each<[Inputs, string]>([
    [{ command: 'aply' }, 'error: command must be validate, generate, diff, verify or review\n'],
    [{ command: '' }, 'error: command must be validate, generate, diff, verify or review\n'],
    [{ command: 'validate', 'fail-on': 'destroy' }, 'error: fail-on is for diff and review\n'],
    [{ command: 'verify', args: '--json' }, 'error: verify takes neither fail-on nor args\n'],
    [{ command: 'diff', 'comment-mode': 'new' }, 'error: comment-mode is for review\n'],
  ])('%j', (inputs, err) => {
    expect(action.jobs[0]!.steps[0]!.name).toBe('Check the inputs')
    expect(run('Check the inputs', inputs)).toEqual({ code: 2, err, called: [] })
  })

  test.each(['validate', 'generate', 'diff', 'verify', 'review'])('%s alone is fine', (command) => {
    expect(run('Check the inputs', { command })).toEqual({ code: 0, err: '', called: [] })
  })
})

describe('exit codes', () => {
  test.each([1, 2, 3, 4])('%d of a command is that of its step', (code) => {
    expect(run('Run pgfleet', { command: 'validate' }, { EXITS: `validate=${code}` }).code).toBe(code)
    expect(run('Review', { command: 'review' }, { EXITS: `review=${code}` }).code).toBe(code)
  })

  test.each([
    [1, 0],
    [2, 2],
    [3, 3],
    [4, 0],
  ])('%d of a review after a workflow_run ends its step with %d', (code, ends) => {
    expect(run('Review', { command: 'review' }, { EXITS: `review=${code}`, GITHUB_EVENT_NAME: 'workflow_run' }).code).toBe(ends)
  })
})

describe('verify', () => {
  const evidence = join(root, 'temp/pgfleet-evidence/evidence.json')
  const secrets = join(root, 'temp/pgfleet-secrets')
  /** The ops image is built from the pgfleet that runs. */
  const of = join(root, 'pgfleet')
  const init = { args: ['secrets', 'init', '--', 'services.yaml'], secrets, of }
  const up = { args: ['up', '--runtime', 'compose', '--', 'services.yaml'], secrets, of }
  const verify = { args: ['verify', '--runtime', 'compose', '--evidence', evidence, '--', 'services.yaml'], secrets, of }

  test.each([
    ['', 0, [init, up, verify]],
    ['verify=1', 1, [init, up, verify]],
    ['up=3', 3, [init, up, verify]],
    ['up=3 verify=1', 1, [init, up, verify]],
    ['up=1', 1, [init, up]],
    ['secrets=3', 3, [init]],
  ])('with %j it ends with %d', (exits, code, called) => {
    expect(run('Boot and verify', { command: 'verify' }, { EXITS: exits })).toEqual({ code, err: '', called })
    expect(existsSync(join(evidence, '..'))).toBe(true)
  })

  test('its record is what is kept', () => {
    const { path } = step('Keep the evidence').with as Record<string, string>
    expect(variables({ path: path! }, {})).toEqual({ path: evidence })
  })

  test('nothing of it stays', () => {
    mkdirSync(secrets, { recursive: true })
    const down = { args: ['down', '--runtime', 'compose', '--volumes', '--yes', '--', 'services.yaml'], secrets }
    expect(run('Tear down', { command: 'verify' })).toEqual({ code: 0, err: '', called: [down] })
    expect(existsSync(secrets)).toBe(false)
  })

  test('evidence is kept and containers are removed when it failed, too', () => {
    for (const name of ['Keep the evidence', 'Tear down']) expect(step(name).if).toMatch(/^always\(\) && inputs\.command == 'verify'/)
  })

  test('logs that cannot be had do not hide why', () => {
    expect(run('What the containers said', { command: 'verify' }, { EXITS: 'logs=3' }).code).toBe(0)
  })
})
