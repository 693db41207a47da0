import { table } from '../report/table.ts'
import type { ServiceResult } from '../runtime/embedded/run-service.ts'
import type { UpResult } from '../runtime/embedded/up.ts'
import { conninfo } from './conninfo.ts'
import type { Context } from './context.ts'

type Colors = Context['colorsOut']

/** What runs, how it was checked, what is missing here, and how to connect. */
export function bootReport({ services, passfile, serviceFile }: UpResult, colors: Colors): string {
  const versions = [...new Set(services.flatMap(({ pool }) => pool?.version ?? []))]
  const pooled = versions.length > 0
  const rows = services.map(({ service, login, port, pool, state, settings, tables, leftOut }) => [
    service,
    login.database,
    String(port),
    ...(pooled ? [pool ? String(pool.port) : '-'] : []),
    state,
    settings ? `${settings.verified}/${settings.total}` : '-',
    tables === undefined ? '-' : String(tables),
    String(leftOut.length),
  ])
  const paint = (cell: string, row: number, column: number) => {
    if (row === 0) return colors.bold(cell)
    return column === (pooled ? 4 : 3) ? (cell === 'healthy' ? colors.green(cell) : colors.red(cell)) : cell
  }
  const pool = pooled ? [`PGBOUNCER ${versions.join(', ')}`] : []
  const titles = ['SERVICE', 'DATABASE', 'PORT', ...pool, 'STATE', 'SETTINGS VERIFIED', 'TABLES', 'LEFT OUT']
  const parts = [
    table([titles, ...rows], paint),
    failures(services, colors),
    leftOutHere(services, colors),
    connections(services, passfile, serviceFile, colors),
  ]
  return `\n${parts.filter((part) => part !== '').join('\n')}`
}

const failures = (services: readonly ServiceResult[], colors: Colors): string =>
  services
    .filter(({ state }) => state === 'failed')
    .map(
      ({ service, reason = '', hint }) => `${colors.red('failed')} ${service}: ${reason}\n${hint === undefined ? '' : `  help: ${hint}\n`}`,
    )
    .join('')

/** The same thing missing in several services is said once. */
function leftOutHere(services: readonly ServiceResult[], colors: Colors): string {
  const groups = new Map<string, { what: string; why: string; services: string[] }>()
  for (const { service, leftOut } of services)
    for (const { what, why } of leftOut) {
      const group = groups.get(`${what}\0${why}`) ?? { what, why, services: [] }
      group.services.push(service)
      groups.set(`${what}\0${why}`, group)
    }
  if (groups.size === 0) return ''
  const where = (keys: readonly string[]) => {
    const others = services.map(({ service }) => service).filter((service) => !keys.includes(service))
    if (others.length === 0) return 'all'
    return others.length < keys.length ? `all but ${others.join(', ')}` : keys.join(', ')
  }
  const rows = [...groups.values()].map(({ what, why, services }) => [`  ${what}`, where(services), why])
  return `${colors.bold('Left out by this runtime')}\n${table(rows)}`
}

function connections(services: readonly ServiceResult[], passfile: string, serviceFile: string, colors: Colors): string {
  const healthy = services.filter(({ state }) => state === 'healthy')
  if (healthy.length === 0) return ''
  const lines = healthy.map(
    ({ login: { host, port, database, user } }) => `  psql "${conninfo({ host, port: String(port), dbname: database, user, passfile })}"\n`,
  )
  return `${colors.bold('Connect as an application')} (any libpq client; no password is shown, it is in ${passfile})\n${lines.join('')}  or, shorter: PGSERVICEFILE=${serviceFile} psql service=${healthy[0]!.service}\n`
}

/** The same for machines. */
export const bootJson = ({ services, healthy, passfile, serviceFile }: UpResult): string =>
  `${JSON.stringify({ healthy, services, passfile, serviceFile }, null, 2)}\n`
