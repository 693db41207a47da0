// First starts of servers that are killed at a given point, and what becomes of them.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { docker, tryDocker } from './docker.ts'
import { mainProcess, shellImage } from './docker-faults.ts'
import type { Project } from './docker-project.ts'

/** A volume of data, and the folder in it that the first start initialises. */
export type FirstStart = { readonly container: string; readonly volume: string; readonly folder: string }

/**
 * Starts a container that exists, and kills all in it once a condition of bash holds, where `$f` is the folder that is initialised. What
 * the volume held then. The one who looks is there before: points of a first start last for milliseconds.
 */
export async function startAndKill(project: Project, { container, volume, folder }: FirstStart, condition: string): Promise<string[]> {
  // Several look at the same time: who would only spin takes the processor from the others, and comes too late. Nothing is ever read here.
  const script = `
    cd /volume; f=${folder}; exec 3< <(sleep infinity); echo looking; read -r pid
    until ${condition}; do
      [ -d "/proc/$pid" ] || { echo 'it ended by itself'; exit; }
      [ "$f" = pgdata ] || [ ! -d pgdata ] || { echo 'too late'; exit; }
      read -rt 0.001 -u 3
    done
    kill -KILL "$pid"
    ls -A`
  const options = ['--rm', '--interactive', '--network', 'none', '--pid', 'host', '--userns', 'host', '--volume', `${volume}:/volume:ro`]
  const watcher = spawn('docker', ['run', ...options, shellImage(project), 'bash', '-c', script], { stdio: ['pipe', 'pipe', 'inherit'] })
  const closed = once(watcher, 'close')
  let said = ''
  watcher.stdout.setEncoding('utf8').on('data', (text) => (said += text))
  await once(watcher.stdout, 'data')
  await docker(['start', container])
  watcher.stdin.end(`${await mainProcess(container)}\n`)
  await closed
  return said.split('\n').filter((line) => line !== '' && line !== 'looking')
}

export type Outcome = 'complete' | 'half, and healthy' | 'half, and unhealthy' | 'crash loop'

/**
 * What becomes of a container that is started for the first time, and killed: from before its start its health check runs several times a
 * second. When it passes, a query of the superuser in the same moment says whether all is there.
 */
export async function outcomeOf(container: string, database: string, complete: string): Promise<Outcome> {
  const asServer = 'setpriv --reuid=999 --regid=999 --clear-groups --inh-caps=-all'
  const query = `${asServer} psql --no-psqlrc --quiet --no-align --tuples-only --username postgres --dbname "$1" --command "$2"`
  const script = `for n in {1..20}; do if pgfleet-healthy; then ${query}; exit 0; fi; sleep 0.1; done; exit 1`
  for (let wasReady = false; ; ) {
    const { code, out } = await tryDocker(['exec', container, 'bash', '-c', script, '-', database, complete])
    // Whatever the query says in a half database, or that it fails.
    if (code === 0) return out.replace('the first start is not complete\n', '').trim().endsWith('t') ? 'complete' : 'half, and healthy'
    const [restarts, logs] = await Promise.all([
      docker(['inspect', '--format', '{{.RestartCount}}', container]),
      tryDocker(['logs', container]),
    ])
    // Killed once by us.
    if (Number(restarts) > 3) return 'crash loop'
    // Twenty health checks after the server has found a database and taken it for whole.
    if (wasReady) return 'half, and unhealthy'
    wasReady = code === 1 && /Skipping initialization[\s\S]*ready to accept connections/.test(logs.out + logs.err)
    await new Promise((done) => setTimeout(done, 100))
  }
}
