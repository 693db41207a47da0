import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Fleet } from '../../fleet/types.ts'
import { OperationError } from '../../io/operation-error.ts'
import { type BusyPort, busyPorts } from '../../io/port-holder.ts'
import { projectFile } from './state-folder.ts'

/** Where embedded servers listen. */
export const loopback = '127.0.0.1'

/** Throws one `ports-busy` that names every port that is taken, and by whom. */
export async function requireFreePorts({ services, target }: Fleet): Promise<void> {
  const wanted = services.flatMap(({ key, listenPort, pool }) => [
    { port: listenPort, by: key },
    ...(target.pooler ? [{ port: pool.listenPort, by: `the pooler of ${key}` }] : []),
  ])
  for (const { port, by } of wanted)
    if (port < 1 || port > 65_535)
      throw new OperationError('port-range', `${by} would listen on port ${port}`, 'Ports end at 65535: choose a smaller --port-offset.')
  const busy = await busyPorts(
    loopback,
    wanted.map(({ port }) => port),
  )
  if (busy.length === 0) return
  const list = busy.map((one) => `  ${one.port} (${wanted.find(({ port }) => port === one.port)?.by}): ${describeHolder(one)}`)
  const ports = busy.length === 1 ? 'a port is' : `${busy.length} ports are`
  throw new OperationError(
    'ports-busy',
    `${ports} not free on ${loopback}:\n${list.join('\n')}`,
    'Stop what holds them, or move all ports of the fleet, for example with --port-offset 10000.',
  )
}

function describeHolder({ code, holder }: BusyPort): string {
  if (code === 'EACCES') return 'only root may listen there'
  const { uid, pid, command } = holder
  if (command === undefined || pid === undefined) return uid === undefined ? 'held by another program' : `held by a program of user ${uid}`
  const state = stateFolderOf(command)
  return state ? `held by pgfleet in ${state} (process ${pid})` : `held by process ${pid}: ${shorten(command.join(' '))}`
}

/** The state folder of the server or pooler with this command line, if it is one of ours: see projectFile. */
function stateFolderOf(command: readonly string[]): string | undefined {
  const flag = command.indexOf('-D')
  // A server names `<service>/data`, a pooler `<service>/config/pgbouncer.ini`.
  const service = flag < 0 ? dirname(dirname(command.at(-1) ?? '')) : dirname(command[flag + 1] ?? '')
  try {
    return readFileSync(join(dirname(service), projectFile), 'utf8').trim()
  } catch {
    return undefined
  }
}

/** Control characters could rewrite the terminal: any program chooses its own command line. */
const shorten = (text: string) => text.replace(/\p{Cc}/gu, ' ').replace(/^(.{97}).{3,}$/s, '$1...')
