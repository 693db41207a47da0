import { stat } from 'node:fs/promises'
import { setTimeout } from 'node:timers/promises'
import { OperationError } from '../../io/operation-error.ts'
import { type Claim, lockHolder } from '../../io/run-lock.ts'
import { recover } from './orphans.ts'
import { openStateFolder } from './state-folder.ts'

export type DownResult = {
  /** The run that was told to stop. */
  readonly run?: Claim
  /** Services whose servers a killed run had left behind. */
  readonly leftBehind: readonly string[]
}

/** Stops whatever runs on a state folder, and returns when it is gone. Nothing to stop is no error. */
export async function down(stateDir: string): Promise<DownResult> {
  if (!(await stat(stateDir).catch(() => undefined))) return { leftBehind: [] }
  const { path, servers } = await openStateFolder(stateDir)
  const run = await lockHolder(path)
  if (run) await endRun(run, path)
  return { ...(run ? { run } : {}), leftBehind: await recover(servers) }
}

/** Asks as Ctrl-C does. Three quarters of a minute are what its servers get to end, then it kills them itself. */
async function endRun({ pid, start }: Claim, path: string) {
  try {
    process.kill(pid, 'SIGTERM')
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code !== 'ESRCH')
      throw new OperationError('not-permitted', `cannot stop process ${pid}: ${code}`, 'It runs as another user.', error)
  }
  for (let waited = 0; waited < 60_000; waited += 50) {
    const holder = await lockHolder(path)
    if (!holder || holder.start !== start) return
    await setTimeout(50)
  }
  throw new OperationError('still-running', `process ${pid} did not stop within a minute`)
}
