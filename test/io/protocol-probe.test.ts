import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { describe, expect, test } from 'vitest'
import { acceptsTls, startupAnswer } from '../../src/io/protocol-probe.ts'
import { presentedCertificate } from '../../src/runtime/secrets/presented-certificate.ts'

const login = { user: 'app', database: 'shop' }
const tls = { servername: 'postgres-shop', ca: '' }

/** Asks a server that treats its guests like this. */
async function at<T>(greet: (socket: Socket) => void, ask: (place: { host: string; port: number }) => Promise<T>): Promise<T> {
  const server = createServer((socket) => greet(socket.on('error', () => {})))
  await once(server.listen(0, '127.0.0.1'), 'listening')
  try {
    return await ask({ host: '127.0.0.1', port: (server.address() as AddressInfo).port })
  } finally {
    server.close()
  }
}

// What a published port does while its container restarts: the connection is accepted, then closed without a word. A wait that nothing
// ends is the end of a process that waits for nothing else.
describe('who hangs up has not answered', () => {
  test.each<[string, (socket: Socket) => void]>([
    ['at once', (socket) => socket.end()],
    ['after the question', (socket) => socket.once('data', () => socket.end())],
    ['in the middle of the answer', (socket) => socket.once('data', () => socket.end('E\0\0'))],
  ])('%s', async (_, greet) => {
    const began = performance.now()
    await expect(at(greet, (place) => startupAnswer(place, login))).rejects.toThrow(
      /^nothing can be asked at 127\.0\.0\.1:\d+: it hung up$/,
    )
    expect(performance.now() - began).toBeLessThan(2000)
  })

  test('nor shown a certificate', async () => {
    const asked = at(
      (socket) => socket.end(),
      (place) => presentedCertificate({ ...place, ...tls }),
    )
    await expect(asked).rejects.toThrow(/^no TLS connection to 127\.0\.0\.1:\d+: it hung up$/)
  })

  test('before or during TLS', async () => {
    const says = (word: string) => (socket: Socket) => void socket.once('data', () => socket.end(word))
    await expect(at(says(''), (place) => startupAnswer(place, login, tls))).rejects.toThrow('it hung up')
    await expect(at(says('S'), (place) => startupAnswer(place, login, tls))).rejects.toThrow('nothing can be asked')
    expect(await at(says('S'), (place) => acceptsTls(place, tls, 'TLSv1.2'))).toBe(false)
  })
})

test('an answer that comes in parts is an answer', async () => {
  const refusal = Buffer.from('E\0\0\0\x17C28000\0Mnot you\0\0', 'latin1')
  refusal.writeInt32BE(refusal.length - 1, 1)
  const inParts = (socket: Socket) => {
    socket.once('data', () => {
      socket.write(refusal.subarray(0, 3))
      setTimeout(() => socket.end(refusal.subarray(3)), 50)
    })
  }
  expect(await at(inParts, (place) => startupAnswer(place, login))).toEqual({ kind: 'refused', code: '28000', message: 'not you' })
})
