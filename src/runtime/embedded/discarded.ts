// Data that --fresh throws away. It is put aside at once and deleted when the new servers are up: ext4 makes new files slowly right
// after many were deleted (recently_deleted() in fs/ext4/ialloc.c; measured: 1.5 s instead of 0.2 s for nine servers).
import { readdir, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { findServers } from './orphans.ts'

/** No service has a full stop in its name. */
const suffix = '.old'

export async function discardData(servers: string): Promise<void> {
  for (const { service } of await findServers(servers)) {
    const aside = join(servers, `${service}${suffix}`)
    await rm(aside, { recursive: true, force: true })
    await rename(join(servers, service), aside)
  }
}

/** Also what a run that was killed has put aside. */
export async function removeDiscarded(servers: string): Promise<void> {
  const discarded = (await readdir(servers)).filter((name) => name.endsWith(suffix))
  await Promise.all(discarded.map((name) => rm(join(servers, name), { recursive: true, force: true })))
}
