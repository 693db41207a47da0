// Poolers of the Docker fleet with another configuration for a while: what is put in its place is undone.
import { console, containerOf, exec } from './docker-fleet.ts'

const file = '/etc/pgfleet/config/pgbouncer.ini'
const changed = '/run/pgbouncer/changed.ini'

/** Runs something while the console has set a key to another value. */
export const whileSet = <Result>(key: string, name: string, value: string, run: () => Promise<Result>): Promise<Result> =>
  undone(key, () => console(key, `SET ${name} = '${value}'`), run)

/** Runs something while the pooler has read a changed copy of its file. */
export const whileChanged = <Result>(key: string, sed: string, run: () => Promise<Result>): Promise<Result> => {
  const change = async () => {
    await exec(containerOf('pgbouncer', key), ['sh', '-c', `sed -E '${sed}' ${file} >${changed}`], { user: 6432 })
    await console(key, `SET conffile = '${changed}'`)
    await console(key, 'RELOAD')
  }
  return undone(key, change, run)
}

async function undone<Result>(key: string, change: () => Promise<unknown>, run: () => Promise<Result>): Promise<Result> {
  try {
    await change()
    return await run()
  } finally {
    await console(key, `SET conffile = '${file}'`)
    await console(key, 'RELOAD')
    // Connections that were too many, and what is prepared on them, go.
    await console(key, 'RECONNECT')
  }
}
