// What actionlint does not know: the rules of this project for workflows that strangers' pull requests set off.
import { cachesPackages, checksOutThePullRequest, fetchesCode, installsPackages, setsEnvironment, unpacks } from './lint-privileged.ts'
import type { WorkflowFile } from './workflow-file.ts'

/** An action that may be used: its commit, and the release that this commit is. */
export type Pin = { readonly action: string; readonly commit: string; readonly version: string }

export type LintOptions = {
  readonly pins: readonly Pin[]
  /** Paths of actions of the own repository. */
  readonly local: readonly string[]
  /** Files that may write, and what. */
  readonly writers: Readonly<Record<string, readonly string[]>>
}

type Rule = (file: WorkflowFile, options: LintOptions) => string[]

const isMap = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value)

/** All permissions are named job by job: https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-syntax#permissions */
const noPermissionsAtTop: Rule = ({ kind, whole }) =>
  kind === 'action' || (isMap(whole['permissions']) && Object.keys(whole['permissions']).length === 0) ? [] : ['not {} at the top']

const permissionsOfJobs: Rule = ({ kind, jobs }) =>
  kind === 'action' ? [] : jobs.flatMap(({ id, permissions }) => (isMap(permissions) ? [] : [`job ${id} does not list its permissions`]))

const writes = ({ jobs }: WorkflowFile): string[] =>
  jobs.flatMap(({ permissions }) =>
    isMap(permissions)
      ? Object.keys(permissions).filter((name) => permissions[name] === 'write')
      : permissions === 'write-all'
        ? ['all']
        : [],
  )

const writePermissions: Rule = (file, { writers }) =>
  writes(file).flatMap((name) => (writers[file.path]?.includes(name) ? [] : [`may write ${name}`]))

const timeouts: Rule = ({ kind, jobs }) =>
  jobs.flatMap(({ id, 'timeout-minutes': minutes }) =>
    kind === 'action' || (typeof minutes === 'number' && minutes > 0 && minutes <= 60)
      ? []
      : [`job ${id} has no timeout of an hour or less`],
  )

const concurrency: Rule = ({ kind, whole }) => (kind === 'action' || isMap(whole['concurrency']) ? [] : ['several runs of one change'])

/** The text is what has the comment with the version; the parsed steps say whether the text was understood. */
const pinned: Rule = ({ text, jobs }, { pins, local }) => {
  const lines = [...text.matchAll(/^\s*(?:- )?uses:[ ]+(\S+)(?:[ ]+#[ ]+(\S+))?[ ]*$/gm)].map(([, uses, version]) => ({ uses, version }))
  const used = jobs.flatMap(({ uses, steps }) => [uses, ...steps.map((step) => step.uses)]).filter((uses) => uses !== undefined)
  return used.flatMap((uses) => {
    if (local.includes(uses)) return []
    const here = lines.filter((line) => line.uses === uses)
    if (here.length === 0) return [`${uses} is not on a line of its own`]
    const pin = pins.find(({ action, commit }) => uses === `${action}@${commit}`)
    if (!pin) return [`${uses} is not in the table of actions`]
    return here.every(({ version }) => version === pin.version) ? [] : [`${uses} is not marked as ${pin.version}`]
  })
}

const eachRun = ({ jobs }: WorkflowFile, problem: (script: string) => string | undefined): string[] =>
  jobs.flatMap(({ steps }) => steps.flatMap(({ run }) => (run === undefined ? [] : (problem(run) ?? []))))

/** https://docs.github.com/en/actions/reference/security/secure-use#good-practices-for-mitigating-script-injection-attacks */
const expressionInRun: Rule = (file) => eachRun(file, (script) => (script.includes('${{') ? 'a script with an expression' : undefined))

/** Without it a failed command before a pipe goes unnoticed: the default is `bash -e`, and `sh` where there is no bash. */
const shell: Rule = ({ whole, jobs }) => {
  const common = (whole['defaults'] as { run?: { shell?: string } } | undefined)?.run?.shell
  return jobs.flatMap(({ steps }) =>
    steps.flatMap(({ run, shell = common }) => (run === undefined || shell === 'bash' ? [] : ['a script without shell: bash'])),
  )
}

const keepsCredentials: Rule = ({ jobs }) =>
  jobs.flatMap(({ steps }) =>
    steps.flatMap(({ uses, with: inputs }) =>
      uses?.startsWith('actions/checkout@') && inputs?.['persist-credentials'] !== false ? ['the token stays in .git/config'] : [],
    ),
  )

const secrets: Rule = ({ text, jobs }) => {
  const conditions = jobs.flatMap(({ steps }) => steps.map((step) => String(step.if ?? '')))
  const expressions = [...[...text.matchAll(/\$\{\{([\s\S]*?)\}\}/g)].map(([, inner]) => inner!), ...conditions]
  const named = expressions.filter((each) => /\bsecrets\b/.test(each.replaceAll(/\bsecrets\.GITHUB_TOKEN\b/g, '')))
  return [
    ...named.map((each) => `a secret: ${each.trim()}`),
    ...jobs.flatMap((job) => (job.secrets === undefined ? [] : ['hands secrets on'])),
  ]
}

/**
 * Runs with more than a stranger may have, or may be used there: events other than these two have the default branch's rights.
 * https://docs.github.com/en/actions/reference/security/securely-using-pull_request_target
 */
const isPrivileged = (file: WorkflowFile): boolean =>
  file.kind === 'action' || writes(file).length > 0 || file.triggers.some((name) => name !== 'pull_request' && name !== 'push')

const whenPrivileged =
  (rule: Rule): Rule =>
  (file, options) =>
    isPrivileged(file) ? rule(file, options) : []

export const lintRules = {
  'permissions-at-top': noPermissionsAtTop,
  'permissions-of-jobs': permissionsOfJobs,
  'write-permission': writePermissions,
  timeout: timeouts,
  concurrency,
  pinned,
  'expression-in-run': expressionInRun,
  shell,
  'persist-credentials': keepsCredentials,
  secrets,
  'checkout-of-pull-request': whenPrivileged(checksOutThePullRequest),
  cache: whenPrivileged(cachesPackages),
  packages: whenPrivileged(installsPackages),
  'fetched-code': whenPrivileged(fetchesCode),
  unpacked: whenPrivileged(unpacks),
  'environment-file': whenPrivileged(setsEnvironment),
} satisfies Record<string, Rule>

/** Findings as `rule: what`. */
export const lint = (file: WorkflowFile, options: LintOptions): string[] =>
  Object.entries(lintRules).flatMap(([name, rule]) => rule(file, options).map((found) => `${name}: ${found}`))
