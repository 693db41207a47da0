import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Service } from '../../fleet/types.ts'
import { OperationError } from '../../io/operation-error.ts'
import { type BusyPort, busyPorts } from '../../io/port-holder.ts'
import { projectFile } from './state-folder.ts'

/** Where embedded servers listen. */
export const loopback = '127.0.0.1'

/** Throws one `ports-busy` that names every port that is taken, and by whom. */
export async function requireFreePorts(services: readonly Service[]): Promise<void> {
  for (const { key, listenPort } of services)
    if (listenPort < 1 || listenPort > 65_535)
      throw new OperationError(
        'port-range',
        `${key} would listen on port ${listenPort}`,
        'Ports end at 65535: choose a smaller --port-offset.',
      )
  const busy = await busyPorts(
    loopback,
    services.map(({ listenPort }) => listenPort),
  )
  if (busy.length === 0) return
  const serviceOf = (port: number) => services.find(({ listenPort }) => listenPort === port)?.key
  const list = busy.map((one) => `  ${one.port} (${serviceOf(one.port)}): ${describeHolder(one)}`)
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

/** The state folder of the server with this command line, if it is one of ours: see projectFile. */
function stateFolderOf(command: readonly string[]): string | undefined {
  const flag = command.indexOf('-D')
  const data = flag < 0 ? undefined : command[flag + 1]
  try {
    return data && readFileSync(join(dirname(dirname(data)), projectFile), 'utf8').trim()
  } catch {
    return undefined
  }
}

/** Control characters could rewrite the terminal: any program chooses its own command line. */
const shorten = (text: string) => text.replace(/\p{Cc}/gu, ' ').replace(/^(.{97}).{3,}$/s, '$1...')
