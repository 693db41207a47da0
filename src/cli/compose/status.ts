import { table } from '../../report/table.ts'
import { visible } from '../../report/visible.ts'
import { type ComposeStatus, type ContainerStatus, composeStatus } from '../../runtime/compose/status.ts'
import type { Context } from '../context.ts'
import { type ExitCode, exitCode } from '../exit-codes.ts'
import { taskTable } from '../task-table.ts'
import { openProject, type ProjectOptions } from './open-project.ts'

/** Exit code 0 when all is well, otherwise 1. */
export async function run(options: ProjectOptions, context: Context): Promise<ExitCode> {
  const opened = await openProject(options, { fresh: false }, context)
  if (!opened) return exitCode.findings
  const now = context.now()
  const status = await composeStatus(opened.fleet, opened.project, now)
  context.out(options.json ? `${JSON.stringify(status, null, 2)}\n` : report(status, now, context))
  return status.well ? exitCode.clean : exitCode.findings
}

function report(status: ComposeStatus, now: Date, { colorsOut }: Context): string {
  const rows = status.containers.map((one) => [
    one.container,
    one.state,
    healthOf(one),
    one.since === undefined ? '-' : duration(now.getTime() - Date.parse(one.since)),
    one.image ?? '-',
    String(one.restarts),
    one.oomKills === undefined ? '-' : String(one.oomKills),
  ])
  const paint = (cell: string, row: number, column: number) => {
    if (row === 0) return colorsOut.bold(cell)
    if (column === 1) return cell === 'running' ? cell : colorsOut.red(cell)
    if (column === 2) return cell === 'healthy' ? colorsOut.green(cell) : cell === 'unhealthy' ? colorsOut.red(cell) : cell
    return (column === 5 || column === 6) && cell !== '0' && cell !== '-' ? colorsOut.yellow(cell) : cell
  }
  const parts = [
    table([['CONTAINER', 'STATE', 'HEALTH', 'SINCE', 'IMAGE', 'RESTARTS', 'OOM KILLS'], ...rows], paint),
    complaints(status, colorsOut),
    certificates(status, colorsOut),
    tasks(status, colorsOut),
  ]
  return parts.filter((part) => part !== '').join('\n')
}

/** The last runs of what is scheduled, as the ops container tells them; nothing where there is none. */
function tasks({ tasks, tasksError }: ComposeStatus, colors: Context['colorsOut']): string {
  if (tasksError !== undefined) return `${colors.red('not well')} scheduled tasks: ${visible(tasksError)}\n`
  return tasks === undefined || tasks.length === 0 ? '' : taskTable(tasks, colors)
}

const healthOf = ({ state, health }: ContainerStatus): string => (state !== 'running' || health === 'none' ? '-' : health)

const complaints = ({ containers }: ComposeStatus, colors: Context['colorsOut']): string =>
  containers
    .flatMap(({ container, complaint, stranger }) => [
      ...(complaint === undefined ? [] : [`${colors.red('not well')} ${container}: ${visible(complaint)}\n`]),
      ...(stranger ? [`${colors.yellow('left over')} ${container}: not in the compose file\n`] : []),
    ])
    .join('')

/** One line when all are good, otherwise one for each that is not. */
function certificates({ certificates }: ComposeStatus, colors: Context['colorsOut']): string {
  const bad = certificates.filter(({ warning }) => warning !== undefined)
  if (bad.length > 0)
    return bad
      .map(({ path, warning, notAfter }) => {
        const date = notAfter ? ` (${notAfter.toISOString().slice(0, 10)})` : ''
        return `${colors.yellow('warning')} ${path}: ${warning}${date}\n`
      })
      .concat('  help: `pgfleet secrets init` makes missing certificates, `pgfleet secrets rotate --certificates` renews them.\n')
      .join('')
  const dates = certificates.flatMap(({ notAfter }) => (notAfter ? [notAfter.getTime()] : []))
  return dates.length === 0
    ? ''
    : `certificates: ${certificates.length}, the first expires on ${new Date(Math.min(...dates)).toISOString().slice(0, 10)}\n`
}

/** `3 d 4 h`, `5 min`: the two largest units that say something. */
export function duration(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000))
  const units = [
    ['d', 86_400],
    ['h', 3_600],
    ['min', 60],
    ['s', 1],
  ] as const
  const first = units.findIndex(([, size]) => seconds >= size)
  if (first === -1) return '0 s'
  const [unit, size] = units[first]!
  const next = units[first + 1]
  const rest = next ? Math.floor((seconds % size) / next[1]) : 0
  return `${Math.floor(seconds / size)} ${unit}${next && rest > 0 ? ` ${rest} ${next[0]}` : ''}`
}
