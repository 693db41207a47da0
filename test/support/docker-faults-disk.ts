// A data volume of a fixed size, to be filled.
import { docker, tryDocker } from './docker.ts'
import { shellImage } from './docker-faults.ts'
import type { Project } from './docker-project.ts'

export type SmallDisk = { fill(): Promise<void>; empty(): Promise<void>; remove(): Promise<void> }

/** Makes a volume of a fleet before Compose does: in memory, and so small. Something must hold it while its server is down. */
export async function smallDisk(project: Project, volume: string, size: string): Promise<SmallDisk> {
  const name = `${project.prefix}_${volume}`
  const options = ['--opt', 'type=tmpfs', '--opt', 'device=tmpfs', '--opt', `o=size=${size},uid=999,gid=999,mode=0700`]
  const labels = ['--label', `com.docker.compose.project=${project.prefix}`, '--label', `com.docker.compose.volume=${volume}`]
  await docker(['volume', 'create', '--driver', 'local', ...options, ...labels, name])
  const run = ['run', '--detach', '--network', 'none', '--stop-signal', 'KILL', '--volume', `${name}:/volume`, shellImage(project)]
  const holder = (await docker([...run, 'sleep', 'infinity'])).trim()
  return {
    fill: async () => {
      const { err } = await tryDocker(['exec', holder, 'cp', '/dev/zero', '/volume/filler'])
      if (!err.includes('No space left on device')) throw new Error(`the disk is not full: ${err}`)
    },
    empty: async () => void (await docker(['exec', holder, 'rm', '/volume/filler'])),
    remove: async () => void (await docker(['rm', '--force', holder])),
  }
}
