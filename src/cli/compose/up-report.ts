import { join } from 'node:path'
import { authorityCertificate } from '../../fleet/secret-paths.ts'
import { table } from '../../report/table.ts'
import { visible } from '../../report/visible.ts'
import type { ComposeProject } from '../../runtime/compose/project.ts'
import type { ServiceResult, UpResult } from '../../runtime/compose/up.ts'
import { conninfo } from '../conninfo.ts'
import type { Context } from '../context.ts'
import { shownPath } from '../state-dir.ts'

/** What runs, how it was checked, what failed, and how to connect. */
export function upReport({ services, failures, strangers }: UpResult, project: ComposeProject, context: Context): string {
  const colors = context.colorsOut
  const rows = services.map(({ service, database, port, poolPort, state, settings }) => [
    service,
    database,
    String(port),
    String(poolPort),
    state,
    settings ? `${settings.verified}/${settings.total}` : '-',
  ])
  const paint = (cell: string, row: number, column: number) => {
    if (row === 0) return colors.bold(cell)
    return column === 4 ? (cell === 'healthy' ? colors.green(cell) : colors.red(cell)) : cell
  }
  const titles = ['SERVICE', 'DATABASE', 'PORT', 'POOL PORT', 'STATE', 'SETTINGS VERIFIED']
  const broken = services.filter(({ state, settings, reason }) => state === 'failed' && reason !== undefined && settings?.mismatches.length)
  const problems = grouped([
    ...failures.map(({ container, ...rest }) => ({ name: container, ...rest })),
    ...broken.map(({ service, ...rest }) => ({ name: service, ...rest })),
  ]).map(({ names, reason, hint }) => {
    const lines = reason.split('\n').map(visible).join('\n  ')
    return `${colors.red('failed')} ${names.join(', ')}: ${lines}\n${hint === undefined ? '' : `  help: ${hint}\n`}`
  })
  const left = strangers.length
    ? `${colors.yellow('left over')} ${strangers.join(', ')}: not in the compose file any more; docker rm --force removes containers, data stays\n`
    : ''
  const parts = [table([titles, ...rows], paint), problems.join(''), left, connections(services, project, context)]
  return `\n${parts.filter((part) => part !== '').join('\n')}`
}

type Problem = { readonly name: string; readonly reason?: string; readonly hint?: string }

/** What fails for one reason is said once. */
function grouped(problems: readonly Problem[]): { names: string[]; reason: string; hint: string | undefined }[] {
  const groups = new Map<string, { names: string[]; reason: string; hint: string | undefined }>()
  for (const { name, reason = '', hint } of problems) {
    const group = groups.get(reason) ?? { names: [], reason, hint }
    group.names.push(name)
    groups.set(reason, group)
  }
  return [...groups.values()]
}

function connections(services: readonly ServiceResult[], { bind, secrets }: ComposeProject, context: Context): string {
  const healthy = services.filter(({ state }) => state === 'healthy')
  if (healthy.length === 0) return ''
  const lines = healthy.map(({ poolPort, database, user }) => {
    // The certificate is for localhost; where that is not the address of the ports, both are said.
    const address = bind === '127.0.0.1' ? { host: 'localhost' } : { host: 'localhost', hostaddr: bind }
    const certificate = shownPath(context, join(secrets, authorityCertificate))
    return `  psql "${conninfo({ ...address, port: String(poolPort), dbname: database, user, sslmode: 'verify-full', sslrootcert: certificate })}"\n`
  })
  return `${context.colorsOut.bold('Connect as an application, through the pool')} (no password is shown: see \`pgfleet secrets urls\`)\n${lines.join('')}`
}

/** The same for machines. */
export const upJson = ({ services, healthy, failures, strangers }: UpResult, { name, bind }: ComposeProject): string =>
  `${JSON.stringify({ healthy, project: name, bind, services, failures, strangers }, null, 2)}\n`
