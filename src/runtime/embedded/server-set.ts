import { type ServerFiles, type ServerProcess, type StopMode, startServer } from '../../io/embedded-server.ts'
import type { Owner } from '../../io/owned-files.ts'

/** The servers of one run. Once they are being stopped, no more are started. */
export type ServerSet = {
  readonly start: (files: ServerFiles, user: Owner, onEnd: (how: string) => void) => Promise<ServerProcess>
  /** All at once. A second call with `immediate` cuts the first one short. */
  readonly stop: (mode: StopMode) => Promise<void>
}

/** `onEnd` is called for a server that ends although nobody stopped it. */
export function serverSet(signal: AbortSignal): ServerSet {
  const servers: ServerProcess[] = []
  let stopping = false
  return {
    async start(files, user, onEnd) {
      signal.throwIfAborted()
      const server = await startServer(files, user)
      servers.push(server)
      // Between the check above and now the others may have been told to stop.
      if (stopping) await server.stop('fast')
      server.ended.then((how) => stopping || onEnd(how))
      return server
    },
    async stop(mode) {
      stopping = true
      await Promise.all(servers.map((server) => server.stop(mode)))
    },
  }
}
