import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { consoleUser } from '../../fleet/pool.ts'
import type { InstalledPooler, Service } from '../../fleet/types.ts'
import type { Daemon } from '../../io/daemon.ts'
import { OperationError } from '../../io/operation-error.ts'
import { type Connection, withConnection } from '../../io/postgres.ts'
import { appLogin, tryLogin } from './check-service.ts'
import { logTail } from './log-tail.ts'
import type { Passwords } from './passwords.ts'
import { poolerPlaceOf } from './pooler-files.ts'
import { type BootContext, serviceFolder } from './prepare-service.ts'
import { logFile } from './start-service.ts'

/** The console of a pooler, over its socket: reads figures, and nothing else. `SHOW CONFIG` is one of its commands. */
export const poolerConsole = ({ key, paths, pool }: Service, { password }: Passwords): Connection => ({
  host: paths.socket,
  port: pool.listenPort,
  user: consoleUser,
  database: 'pgbouncer',
  password: password(key, consoleUser),
  pooled: true,
})

/** Starts the pooler of a service whose roles are there, and returns when its console answers and the application logs in through it. */
export async function runPooler(service: Service, { program }: InstalledPooler, context: BootContext): Promise<void> {
  const { state, servers, passwords, onProgress } = context
  const { key } = service
  const folder = serviceFolder(state, key)
  const log = logFile(state, `${key}.pgbouncer`)
  let ready = false
  const onEnd = (how: string) =>
    ready && onProgress({ kind: 'service', service: key, state: 'ended', reason: `its pooler: ${how}; its log is ${log}` })
  const pooler = await servers.startPooler({ program, folder, ini: poolerPlaceOf(folder).ini, log }, state.user, onEnd)
  await untilConsoleAnswers(pooler, poolerConsole(service, passwords), log)
  const login = appLogin(service, { pooler: true })
  // What keeps the pooler out of the server, the client is not told: it waits. So the log is shown.
  await tryLogin(login, passwords.password(key, login.user), { pooled: true }).catch(async (error) => {
    if (!(error instanceof OperationError)) throw error
    throw new OperationError(error.code, `through the pooler, ${error.message}\n${await logTail(log)}`, `Its log is ${log}.`, error)
  })
  ready = true
}

async function untilConsoleAnswers(pooler: Daemon, console: Connection, log: string): Promise<void> {
  const socket = join(console.host, `.s.PGSQL.${console.port}`)
  const pause = 5
  let problem = `there is no ${socket}`
  for (let waited = 0; waited < 10_000; waited += pause) {
    if (pooler.hasEnded())
      throw new OperationError('pooler-start', `its pooler did not start:\n${await logTail(log)}`, `Its log is ${log}.`)
    if (existsSync(socket)) {
      try {
        await withConnection(console, (client) => client.query('SHOW VERSION'))
        return
      } catch (error) {
        problem = (error as Error).message
      }
    }
    await setTimeout(pause)
  }
  throw new OperationError(
    'pooler-start',
    `the console of its pooler does not answer: ${problem}\n${await logTail(log)}`,
    `Its log is ${log}.`,
  )
}
