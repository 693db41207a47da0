// Workflows and composite actions of GitHub as data: what checks of them look at.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'yaml'

export type Step = {
  readonly name?: string
  readonly if?: string
  readonly uses?: string
  readonly run?: string
  readonly shell?: string
  readonly env?: Readonly<Record<string, string>>
  readonly with?: Readonly<Record<string, unknown>>
  readonly 'working-directory'?: string
}

export type Job = {
  readonly id: string
  readonly permissions?: unknown
  readonly 'timeout-minutes'?: unknown
  readonly secrets?: unknown
  readonly uses?: string
  readonly steps: readonly Step[]
}

export type WorkflowFile = {
  readonly path: string
  readonly text: string
  readonly kind: 'workflow' | 'action'
  /** All of it, as YAML has it. */
  readonly whole: Readonly<Record<string, unknown>>
  /** Names of events; none of an action, which runs in whatever workflow uses it. */
  readonly triggers: readonly string[]
  /** An action is one job. */
  readonly jobs: readonly Job[]
}

/** Reads one file. Throws where the YAML is broken or names a key twice. */
export function readWorkflow(path: string, text: string): WorkflowFile {
  const whole = parse(text) as Record<string, unknown>
  if (whole['runs']) return { path, text, kind: 'action', whole, triggers: [], jobs: [{ id: 'runs', ...steps(whole['runs']) }] }
  const jobs = Object.entries(whole['jobs'] as object).map(([id, job]) => ({ ...job, id, ...steps(job) }))
  return { path, text, kind: 'workflow', whole, triggers: eventNames(whole['on']), jobs }
}

const steps = (of: unknown): { steps: Step[] } => ({ steps: (of as { steps?: Step[] }).steps ?? [] })

function eventNames(on: unknown): string[] {
  if (typeof on === 'string') return [on]
  return Array.isArray(on) ? on : Object.keys(on as object)
}

export const runsOf = ({ jobs }: WorkflowFile): { step: string; script: string }[] =>
  jobs.flatMap(({ id, steps }) =>
    steps.flatMap(({ name, run }, index) => (run === undefined ? [] : [{ step: `${id}/${name ?? index}`, script: run }])),
  )

const filesIn = (folder: string, name: RegExp): WorkflowFile[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => name.test(file))
    .sort()
    .map((file) => readWorkflow(join(folder, file), readFileSync(join(folder, file), 'utf8')))

export const workflows = filesIn('.github/workflows', /\.ya?ml$/)

export const actions = filesIn('.github/actions', /(^|\/)action\.ya?ml$/)
