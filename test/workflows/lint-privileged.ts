// What a job with a write token must not do: get at code or files of a pull request, and run or trust them.
import type { Step, WorkflowFile } from './workflow-file.ts'

const stepsOf = ({ jobs }: WorkflowFile): Step[] => jobs.flatMap(({ steps }) => steps)

const found = (file: WorkflowFile, problem: (step: Step) => string | false | undefined): string[] =>
  stepsOf(file).flatMap((step) => problem(step) || [])

const defaultBranch = '${{ github.event.repository.default_branch }}'

/** Without `ref` it is the default branch, too, but then nobody sees it. */
export const checksOutThePullRequest = (file: WorkflowFile): string[] =>
  found(file, ({ uses, with: inputs = {} }) => {
    if (!uses?.startsWith('actions/checkout@')) return undefined
    if (inputs['ref'] !== defaultBranch) return `checks out ${inputs['ref'] ?? 'what the event names'}`
    const other = ['repository', 'allow-unsafe-pr-checkout'].find((name) => inputs[name] !== undefined)
    return other && `checks out with ${other}`
  })

/** What was left in a cache by a run of a pull request's code. https://github.com/actions/setup-node#breaking-changes-in-v5 */
export const cachesPackages = (file: WorkflowFile): string[] =>
  found(file, ({ uses, with: inputs = {} }) => {
    if (uses?.startsWith('actions/cache')) return 'restores a cache'
    if (!uses?.startsWith('actions/setup-node@')) return undefined
    return (inputs['cache'] !== undefined || inputs['package-manager-cache'] !== false) && 'setup-node may restore a cache'
  })

const ownRoot = '"$GITHUB_ACTION_PATH/../../.."'

/** Packages come from the lock file of pgfleet itself, and bring no scripts. */
export const installsPackages = (file: WorkflowFile): string[] =>
  found(file, ({ run = '', 'working-directory': folder }) => {
    if (/\b(npx|yarn|pnpm|pip)\b|\bnpm (i|install|exec|update)\b/.test(run)) return 'installs what no lock file names'
    const folders = [...run.matchAll(/\b(?:cd|pushd)\s+(\S+)|--prefix[ =](\S+)/g)].map(([, changed, prefix]) => changed ?? prefix)
    if (folder !== undefined || folders.some((each) => each !== ownRoot)) return 'works in a folder that is not its own'
    return /\bnpm ci\b(?!.*--ignore-scripts)/.test(run) && 'runs the scripts of packages'
  })

export const fetchesCode = (file: WorkflowFile): string[] =>
  found(file, ({ run = '' }) => {
    const program = /(?:^|[\s;&|(])(git|gh|curl|wget)\s/m.exec(run)?.[1]
    return program && `fetches with ${program}`
  })

export const unpacks = (file: WorkflowFile): string[] =>
  found(file, ({ uses = '', run = '' }) => {
    if (uses.startsWith('actions/download-artifact@')) return 'unpacks an artifact'
    const program = /(?:^|[\s;&|(])(unzip|tar|bsdtar|7z|jar)\s/m.exec(run)?.[1]
    return program && `unpacks with ${program}`
  })

/** Lines in these files become variables and PATH of the steps that follow. */
export const setsEnvironment = (file: WorkflowFile): string[] =>
  found(file, ({ run = '' }) => /\bGITHUB_(ENV|PATH)\b/.test(run) && 'writes variables of later steps')
