// Which ports are taken, and by whom.
import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { createServer } from 'node:net'
import { commandLine, processes } from './process.ts'

/** Who listens on a port; `pid` is unknown where it belongs to another user, everything where the system has no /proc. */
export type PortHolder = { readonly uid?: number; readonly pid?: number; readonly command?: readonly string[] }

export type BusyPort = { readonly port: number; readonly code: string; readonly holder: PortHolder }

/** The ports on which a server could not listen at this address, in the order given. */
export async function busyPorts(host: string, ports: readonly number[]): Promise<BusyPort[]> {
  const codes = await Promise.all(ports.map((port) => listenError(host, port)))
  const busy = ports.flatMap((port, index) => (codes[index] ? [{ port, code: codes[index] }] : []))
  if (busy.length === 0) return []
  const listeners = readListeners()
  const pids = pidsBySocket(new Set(listeners.map(({ inode }) => inode)))
  return busy.map(({ port, code }) => {
    const listener = listeners.find((one) => one.port === port)
    return { port, code, holder: listener ? holderOf(listener.uid, pids.get(listener.inode) ?? []) : {} }
  })
}

function listenError(host: string, port: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? 'unknown'))
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve(undefined)))
  })
}

function holderOf(uid: number, pids: readonly number[]): PortHolder {
  const pid = pids[0]
  const command = pid === undefined ? undefined : commandLine(pid)
  return { uid, ...(pid === undefined ? {} : { pid }), ...(command ? { command } : {}) }
}

type Listener = { readonly port: number; readonly uid: number; readonly inode: string }

/** Any address and 127.0.0.1, as the kernel prints them: 32-bit words in the byte order of the machine. */
const colliding = /^(0+|0100007F|0{16}FFFF00000100007F|0{24}01000000)$/

/** Sockets in state LISTEN (0A): https://docs.kernel.org/networking/proc_net_tcp.html */
function readListeners(): Listener[] {
  return ['/proc/net/tcp', '/proc/net/tcp6'].flatMap((table) =>
    attempt(() => readFileSync(table, 'utf8'), '')
      .split('\n')
      .map((line) => line.trim().split(/\s+/))
      .filter((fields) => fields[3] === '0A')
      .map((fields) => ({ local: fields[1]?.split(':') ?? [], uid: Number(fields[7]), inode: fields[9] ?? '' }))
      .filter(({ local }) => colliding.test(local[0] ?? ''))
      .map(({ local, uid, inode }) => ({ port: Number.parseInt(local[1] ?? '', 16), uid, inode })),
  )
}

/** The processes that have each of these sockets open, as far as we may look. */
function pidsBySocket(inodes: ReadonlySet<string>): Map<string, number[]> {
  const found = new Map<string, number[]>()
  for (const pid of processes())
    for (const fd of attempt(() => readdirSync(`/proc/${pid}/fd`), [])) {
      const inode = /^socket:\[(\d+)\]$/.exec(attempt(() => readlinkSync(`/proc/${pid}/fd/${fd}`), ''))?.[1]
      if (inode && inodes.has(inode)) found.set(inode, [...(found.get(inode) ?? []), pid])
    }
  return found
}

/** Processes come and go while we look, and those of others are closed to us. */
function attempt<T>(read: () => T, otherwise: T): T {
  try {
    return read()
  } catch {
    return otherwise
  }
}
