import { tryDocker } from '../../io/docker.ts'

/** cgroup v2, then v1: https://docs.kernel.org/admin-guide/cgroup-v2.html and cgroup-v1/memory.html */
const files = ['/sys/fs/cgroup/memory.events', '/sys/fs/cgroup/memory/memory.oom_control']

/** Processes of a running container that the kernel killed for lack of memory: the engine knows of the main process only. */
export async function oomKills(container: string): Promise<number | undefined> {
  const { stdout } = await tryDocker(['exec', container, 'cat', ...files])
  return parseOomKills(stdout)
}

export function parseOomKills(text: string): number | undefined {
  const found = /^oom_kill (\d+)$/m.exec(text)
  return found ? Number(found[1]) : undefined
}
