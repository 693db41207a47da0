import { readFileSync } from 'node:fs'

type Listener = { readonly address: string; readonly port: number }

/** State "listen": https://www.kernel.org/doc/html/latest/networking/proc_net_tcp.html */
const listening = '0A'

/** What listens on this machine over TCP, IPv4 and IPv6. */
export function listeners(): Listener[] {
  return ['/proc/net/tcp', '/proc/net/tcp6'].flatMap((file) =>
    readFileSync(file, 'utf8')
      .trim()
      .split('\n')
      .slice(1)
      .map((line) => line.trim().split(/\s+/))
      .filter(([, , , state]) => state === listening)
      .map(([, local = '']) => {
        const [address = '', port = ''] = local.split(':')
        return { address: address.length === 8 ? dotted(address) : `[${address}]`, port: Number.parseInt(port, 16) }
      }),
  )
}

/** An IPv4 address as the kernel prints it in /proc/net: a number in the machine's own byte order (that of x86 and ARM here). */
export const dotted = (hex: string) => Buffer.from(hex, 'hex').reverse().join('.')

/** Of some ports, those that are open on other addresses than loopback: `0.0.0.0:5432`. */
export const openToOthers = (ports: readonly number[]): string[] =>
  listeners()
    .filter(({ address, port }) => ports.includes(port) && !address.startsWith('127.'))
    .map(({ address, port }) => `${address}:${port}`)
    .sort()
