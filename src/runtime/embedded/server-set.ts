import type { Daemon, StopMode } from '../../io/daemon.ts'
import { type PoolerFiles, startPooler } from '../../io/embedded-pooler.ts'
import { type ServerFiles, startServer } from '../../io/embedded-server.ts'
import type { Owner } from '../../io/owned-files.ts'

type OnEnd = (how: string) => void

/** The servers and poolers of one run. Once they are being stopped, no more are started. */
export type ServerSet = {
  readonly start: (files: ServerFiles, user: Owner, onEnd: OnEnd) => Promise<Daemon>
  readonly startPooler: (files: PoolerFiles, user: Owner, onEnd: OnEnd) => Promise<Daemon>
  /** All at once, poolers before servers. A second call with `immediate` cuts the first one short. */
  readonly stop: (mode: StopMode) => Promise<void>
}

/** `onEnd` is called for one that ends although nobody stopped it. */
export function serverSet(signal: AbortSignal): ServerSet {
  const servers: Daemon[] = []
  const poolers: Daemon[] = []
  let stopping = false
  const add = async (daemons: Daemon[], start: () => Promise<Daemon>, onEnd: OnEnd) => {
    signal.throwIfAborted()
    const daemon = await start()
    daemons.push(daemon)
    // Between the check above and now the others may have been told to stop.
    if (stopping) await daemon.stop('fast')
    daemon.ended.then((how) => stopping || onEnd(how))
    return daemon
  }
  return {
    start: (files, user, onEnd) => add(servers, () => startServer(files, user), onEnd),
    startPooler: (files, user, onEnd) => add(poolers, () => startPooler(files, user), onEnd),
    async stop(mode) {
      stopping = true
      for (const daemons of [poolers, servers]) await Promise.all(daemons.map((daemon) => daemon.stop(mode)))
    },
  }
}
