import { once } from 'node:events'
import { type AddressInfo, createServer, type Server } from 'node:net'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { busyPorts } from '../../src/io/port-holder.ts'

const servers: Server[] = []
async function listen(host: string): Promise<number> {
  const server = createServer().listen(0, host)
  await once(server, 'listening')
  servers.push(server)
  return (server.address() as AddressInfo).port
}
const closeAll = () => Promise.all(servers.splice(0).map((server) => new Promise((done) => server.close(done))))
let free = 0
beforeEach(async () => {
  free = await listen('127.0.0.1')
  await closeAll()
})
afterEach(closeAll)

const holder = { uid: process.getuid?.(), pid: process.pid, command: expect.arrayContaining([expect.stringContaining('node')]) }

test('a free port is not reported', async () => {
  expect(await busyPorts('127.0.0.1', [free])).toEqual([])
})

test('every busy port with its process, in the order asked for', async () => {
  const [first, second] = [await listen('127.0.0.1'), await listen('0.0.0.0')]
  expect(await busyPorts('127.0.0.1', [second, free, first])).toEqual([
    { port: second, code: 'EADDRINUSE', holder },
    { port: first, code: 'EADDRINUSE', holder },
  ])
})

test('a listener on all IPv6 addresses holds the port, too', async () => {
  const port = await listen('::')
  expect(await busyPorts('127.0.0.1', [port])).toEqual([{ port, code: 'EADDRINUSE', holder }])
})

test('another loopback address does not', async () => {
  expect(await busyPorts('127.0.0.1', [await listen('127.0.0.2')])).toEqual([])
})
