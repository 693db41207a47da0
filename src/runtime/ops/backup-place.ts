// Where backups lie: <root>/<service>/<tier>/<time>/, with manifest.json and the archive in dump/. What is not complete has another name.
import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'

/** What decides how long a backup is kept. */
export const tiers = ['daily', 'weekly', 'monthly'] as const
export type Tier = (typeof tiers)[number]

export const dumpFolder = 'dump'
export const manifestFile = 'manifest.json'

/** Behind the name of a folder that is being written, or removed. */
export const partial = '.partial'
export const removing = '.removing'

/** A finished backup: `taken` is when it began. */
export type BackupPlace = {
  readonly service: string
  readonly tier: Tier
  readonly name: string
  readonly taken: Date
  readonly folder: string
}

/** The name of a backup, in UTC: `20250105T030000.250Z`. It sorts by time. */
export const nameOf = (taken: Date): string => taken.toISOString().replace(/[-:]/g, '')

/** The time that a name stands for; undefined when it is none. */
export function timeOf(name: string): Date | undefined {
  const match = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d\.\d{3}Z)$/.exec(name)
  if (!match) return undefined
  const [, year, month, day, hour, minute, second] = match
  const time = new Date(`${year}-${month}-${day}T${hour}:${minute}:${second}`)
  return Number.isNaN(time.getTime()) ? undefined : time
}

/** The backups of a service in one tier, the oldest first. */
export async function placesOf(root: string, service: string, tier: Tier): Promise<BackupPlace[]> {
  const folder = join(root, service, tier)
  return (await namesIn(folder)).sort().flatMap((name) => {
    const taken = timeOf(name)
    return taken ? [{ service, tier, name, taken, folder: join(folder, name) }] : []
  })
}

/** All backups of a service. */
export async function allPlacesOf(root: string, service: string): Promise<BackupPlace[]> {
  return (await Promise.all(tiers.map((tier) => placesOf(root, service, tier)))).flat()
}

/** Removes what a killed run left of a service. Only for who holds its lock. */
export async function sweep(root: string, service: string): Promise<void> {
  for (const tier of tiers)
    for (const name of await namesIn(join(root, service, tier)))
      if (name.endsWith(partial) || name.endsWith(removing))
        await rm(join(root, service, tier, name), { recursive: true, force: true, maxRetries: 3 })
}

async function namesIn(folder: string): Promise<string[]> {
  return readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return []
    throw error
  })
}
