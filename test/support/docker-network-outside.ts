import { spawn, spawnSync } from 'node:child_process'
import { createInterface } from 'node:readline'
import type { Project } from './docker-project.ts'

/** Network namespaces are for root alone. */
export const canMakeOutside = process.getuid?.() === 0 && spawnSync('ip', ['-V']).status === 0

export type Outside = {
  readonly address: string
  readonly port: number
  /** What has arrived, sorted: `udp from a`, `tcp from a`, with the word that the sender has sent. */
  readonly arrived: () => string[]
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
    arrived: () => [...found].sort(),
    close: () => {
      listener.kill()
      remove()
    },
  }
}

const program = `
const { createSocket } = require('node:dgram')
const { createServer } = require('node:net')
createSocket('udp4').on('message', (text) => console.log('udp from ' + text)).bind(${port}, () =>
  createServer((socket) => socket.on('error', () => {}).on('data', (text) => console.log('tcp from ' + text)))
    .listen(${port}, () => console.log('ready')))
`

/** A module for a container's position: sends the input's word to an address, by UDP and by TCP, and answers when both are done. */
export const sendOut = `
import { createSocket } from 'node:dgram'
import { connect } from 'node:net'
const { address, port, word } = input
const datagram = createSocket('udp4').on('error', () => {})
await new Promise((done) => datagram.send(word, port, address, done))
datagram.close()
const sent = await new Promise((done) => {
  const socket = connect({ host: address, port, timeout: 1000 })
  const end = (result) => (socket.destroy(), done(result))
  socket.on('timeout', () => end('time-out')).on('error', ({ code }) => end(code))
  socket.on('connect', () => socket.write(word, () => setTimeout(end, 50, 'sent')))
})
answer(sent)
`
