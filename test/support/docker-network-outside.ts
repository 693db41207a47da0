import { spawn, spawnSync } from 'node:child_process'
import { createInterface } from 'node:readline'
import type { Project } from './docker-project.ts'

/** Network namespaces are for root alone. */
export const canMakeOutside = process.getuid?.() === 0 && spawnSync('ip', ['-V']).status === 0

export type Outside = {
  readonly address: string
  readonly port: number
  /** The texts of the datagrams that have arrived, each once, sorted. */
  readonly datagrams: () => string[]
  readonly close: () => void
}

const port = 5432

/**
 * A machine beyond this one, for what leaves the containers' networks: a namespace behind a link of its own, which knows the way back to
 * every container (what a neighbour in the same rack can have). Its address lies in a part of the fleet's base that no network uses.
 */
export async function outside({ subnetBase }: Project): Promise<Outside> {
  const name = `pgfleet-${subnetBase}`
  const link = `pgf${subnetBase}`
  const [here, there] = [`${subnetBase}.250.1`, `${subnetBase}.250.2`]
  const ip = (...args: string[]) => {
    const { status, stderr } = spawnSync('ip', args, { encoding: 'utf8' })
    if (status !== 0) throw new Error(`ip ${args.join(' ')}: ${stderr.trim()}`)
  }
  // What a run that was killed has left; the link goes with it.
  spawnSync('ip', ['netns', 'delete', name])
  ip('netns', 'add', name)
  const remove = () => ip('netns', 'delete', name)
  try {
    ip('link', 'add', link, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', name)
    ip('address', 'add', `${here}/30`, 'dev', link)
    ip('link', 'set', link, 'up')
    ip('-netns', name, 'address', 'add', `${there}/30`, 'dev', 'eth0')
    ip('-netns', name, 'link', 'set', 'eth0', 'up')
    ip('-netns', name, 'route', 'add', 'default', 'via', here)
  } catch (error) {
    remove()
    throw error
  }
  const listener = spawn('ip', ['netns', 'exec', name, process.execPath, '-e', program], { stdio: ['ignore', 'pipe', 'inherit'] })
  const lines = createInterface({ input: listener.stdout })
  const found = new Set<string>()
  await new Promise((ready) => lines.once('line', ready))
  lines.on('line', (line) => found.add(line))
  return {
    address: there,
    port,
    datagrams: () => [...found].sort(),
    close: () => {
      listener.kill()
      remove()
    },
  }
}

const program = `
const { createSocket } = require('node:dgram')
const { createServer } = require('node:net')
createSocket('udp4').on('message', (text) => console.log(String(text))).bind(${port}, () =>
  createServer((socket) => socket.on('error', () => {}).resume()).listen(${port}, () => console.log('ready')))
`
