import { describe, expect, test } from 'vitest'
import { lint, lintRules } from './lint.ts'
import { ours } from './pins.ts'
import { actions, readWorkflow, workflows } from './workflow-file.ts'

const files = [...workflows, ...actions]
const fileOf = (name: string) => files.find(({ path }) => path.endsWith(name))!
const checkout = 'actions/checkout@3d3c42e5aac5ba805825da76410c181273ba90b1'

test('all files are looked at', () => {
  expect(files.map(({ path }) => path)).toEqual([
    '.github/workflows/check.yml',
    '.github/workflows/review.yml',
    '.github/workflows/verify.yml',
    '.github/actions/pgfleet/action.yml',
  ])
})

test.each(files.map((file) => [file.path, file] as const))('%s keeps the rules', (_, file) => {
  expect(lint(file, ours)).toEqual([])
})

/** Edits of our own files that each break one rule: rule, file, what is replaced, by what. */
const broken: readonly (readonly [keyof typeof lintRules, string, string, string])[] = [
  ['permissions-at-top', 'check.yml', 'permissions: {}\n', ''],
  ['permissions-at-top', 'check.yml', 'permissions: {}', 'permissions: { contents: read }'],
  ['permissions-at-top', 'verify.yml', 'permissions: {}', 'permissions: read-all'],
  ['permissions-of-jobs', 'verify.yml', '    permissions:\n      contents: read\n', ''],
  ['permissions-of-jobs', 'verify.yml', '    permissions:\n      contents: read\n', '    permissions: read-all\n'],
  ['write-permission', 'check.yml', 'contents: read', 'contents: write'],
  ['write-permission', 'verify.yml', 'contents: read', 'pull-requests: write'],
  ['write-permission', 'review.yml', 'contents: read', 'contents: write'],
  ['timeout', 'review.yml', '    timeout-minutes: 10\n', ''],
  ['timeout', 'check.yml', 'timeout-minutes: 60', 'timeout-minutes: 360'],
  ['concurrency', 'verify.yml', 'concurrency:', 'x-concurrency:'],
  ['pinned', 'check.yml', `${checkout} # v7.0.1`, 'actions/checkout@v7'],
  ['pinned', 'check.yml', `${checkout} # v7.0.1`, 'actions/checkout@8aad20d150bbac5944a9f9d289da16a4b0d87c1e # v7.0.1'],
  ['pinned', 'check.yml', `${checkout} # v7.0.1`, `${checkout} # v7.0.0`],
  ['pinned', 'check.yml', `${checkout} # v7.0.1`, checkout],
  [
    'pinned',
    'check.yml',
    '- name: Install\n',
    '- uses: octo/other@3d3c42e5aac5ba805825da76410c181273ba90b1 # v1.0.0\n      - name: Install\n',
  ],
  ['pinned', 'check.yml', '- name: Install\n', '- { uses: actions/cache@v4 }\n      - name: Install\n'],
  ['pinned', 'check.yml', '- name: Install\n', '- "uses": octo/other@main\n      - name: Install\n'],
  ['pinned', 'verify.yml', './.github/actions/pgfleet', './.github/actions/other'],
  ['pinned', 'action.yml', '# v7.0.0', '# v6'],
  ['expression-in-run', 'check.yml', 'pgfleet.js validate', 'pgfleet.js validate ${{ github.head_ref }}'],
  ['expression-in-run', 'action.yml', 'pgfleet generate "${more[@]}" -- "$FILE"', 'pgfleet generate ${{ inputs.file }}'],
  ['shell', 'check.yml', 'shell: bash', 'shell: sh'],
  ['shell', 'action.yml', '      id: install\n      shell: bash\n', '      id: install\n'],
  ['persist-credentials', 'check.yml', '          persist-credentials: false\n', '          fetch-depth: 0\n'],
  ['persist-credentials', 'review.yml', 'persist-credentials: false', 'persist-credentials: true'],
  ['secrets', 'verify.yml', 'command: verify', 'command: verify\n          token: ${{ secrets.DEPLOY_KEY }}'],
  ['secrets', 'verify.yml', 'command: verify', "command: verify\n          token: ${{ secrets['DEPLOY_KEY'] }}"],
  ['secrets', 'verify.yml', 'command: verify', 'command: verify\n          args: ${{ toJSON(secrets) }}'],
  ['secrets', 'action.yml', "if: inputs.command == 'review'", "if: secrets.DEPLOY_KEY != ''"],
  ['secrets', 'check.yml', '    timeout-minutes: 60', '    secrets: inherit\n    timeout-minutes: 60'],
  ['checkout-of-pull-request', 'review.yml', '${{ github.event.repository.default_branch }}', '${{ github.event.workflow_run.head_sha }}'],
  ['checkout-of-pull-request', 'review.yml', '${{ github.event.repository.default_branch }}', 'refs/pull/1/merge'],
  ['checkout-of-pull-request', 'review.yml', '          ref: ${{ github.event.repository.default_branch }}\n', ''],
  [
    'checkout-of-pull-request',
    'review.yml',
    '          persist-credentials',
    '          repository: ${{ github.event.workflow_run.head_repository.full_name }}\n          persist-credentials',
  ],
  ['checkout-of-pull-request', 'review.yml', '          persist-cred', '          allow-unsafe-pr-checkout: true\n          persist-cred'],
  ['checkout-of-pull-request', 'verify.yml', '  pull_request:\n', '  pull_request_target:\n'],
  ['cache', 'action.yml', '        package-manager-cache: false\n', ''],
  ['cache', 'action.yml', 'package-manager-cache: false', 'cache: npm\n        package-manager-cache: false'],
  ['packages', 'check.yml', '  pull_request:\n', '  pull_request_target:\n'],
  ['packages', 'action.yml', 'npm ci --ignore-scripts', 'npm ci'],
  ['packages', 'action.yml', 'npm ci --ignore-scripts', 'npm install --ignore-scripts'],
  ['packages', 'action.yml', 'cd "$GITHUB_ACTION_PATH/../../.."', 'cd "$GITHUB_WORKSPACE"'],
  ['packages', 'action.yml', 'npm ci --ignore-scripts', 'npm --prefix head ci --ignore-scripts'],
  ['packages', 'action.yml', '      id: install\n', '      id: install\n      working-directory: head\n'],
  ['fetched-code', 'action.yml', 'npm run -s build', 'git fetch origin "$HEAD"; npm run -s build'],
  ['fetched-code', 'action.yml', 'npm run -s build', 'gh pr checkout "$NUMBER" && npm run -s build'],
  ['unpacked', 'action.yml', 'npm run -s build', 'unzip evidence.zip && npm run -s build'],
  [
    'unpacked',
    'review.yml',
    '      - uses: ./.github',
    '      - uses: actions/download-artifact@3e5f45b2cfb9172054b4087a40e8e0b5a5461e7c # v8.0.1\n      - uses: ./.github',
  ],
  ['environment-file', 'action.yml', 'npm run -s build', 'cat evidence >>"$GITHUB_ENV"; npm run -s build'],
]

describe('what breaks a rule is found', () => {
  /** A harmless workflow that becomes a privileged one breaks other rules of those as well. */
  const becomesPrivileged = (from: string, to: string) =>
    to.includes('pull_request_target') || (to.includes('write') && from.includes('read'))

  test.each(broken)('%s: %s: %j -> %j', (rule, name, from, to) => {
    const { path, text } = fileOf(name)
    expect(text).toContain(from)
    const found = lint(
      readWorkflow(
        path,
        text.replace(from, () => to),
      ),
      ours,
    ).map((each) => each.split(':')[0])
    expect(found).toContain(rule)
    if (!becomesPrivileged(from, to)) expect(new Set(found)).toEqual(new Set([rule]))
  })

  test('each rule is broken once', () => {
    expect([...new Set(broken.map(([rule]) => rule))]).toEqual(Object.keys(lintRules))
  })
})

describe('what workflows say of each other', () => {
  test('the review waits for a workflow that is there', () => {
    const on = fileOf('review.yml').whole['on'] as { workflow_run: { workflows: string[] } }
    expect(on.workflow_run.workflows).toEqual([fileOf('verify.yml').whole['name']])
  })

  test('nothing but the review may write', () => {
    expect(workflows.filter(({ text }) => text.includes(': write')).map(({ path }) => path)).toEqual(['.github/workflows/review.yml'])
  })

  test('the review looks for the artifact that is kept', () => {
    const { text, jobs } = fileOf('action.yml')
    expect(jobs[0]!.steps.find(({ uses }) => uses?.startsWith('actions/upload-artifact@'))?.with).toMatchObject({
      name: 'pgfleet-evidence',
    })
    expect(text).toContain('--evidence-artifact pgfleet-evidence ')
  })

  test('only the review gets the token', () => {
    const withToken = fileOf('action.yml').jobs[0]!.steps.filter(({ env, with: inputs }) =>
      JSON.stringify({ env, inputs }).includes('inputs.token'),
    )
    expect(withToken.map(({ name, if: condition }) => [name, condition])).toEqual([['Review', "inputs.command == 'review'"]])
  })
})
