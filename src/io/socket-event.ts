import { once } from 'node:events'
import type { Socket } from 'node:net'

/**
 * The next event of a socket. Throws when it is closed before that: a closed socket says nothing more, which is no error to `once`, and
 * the timer of the signal keeps no process alive, which would end here without a word.
 */
export async function heard(socket: Socket, event: string, signal: AbortSignal): Promise<unknown[]> {
  const hungUp = new AbortController()
  const onClose = () => hungUp.abort()
  socket.once('close', onClose)
  if (socket.destroyed) onClose()
  try {
    return await once(socket, event, { signal: AbortSignal.any([signal, hungUp.signal]) })
  } catch (error) {
    throw hungUp.signal.aborted && !signal.aborted ? new Error('it hung up') : error
  } finally {
    socket.off('close', onClose)
  }
}
