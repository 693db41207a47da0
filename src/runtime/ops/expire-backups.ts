import { rename, rm } from 'node:fs/promises'
import { readManifest } from './backup-manifest.ts'
import { type BackupPlace, placesOf, removing, type Tier } from './backup-place.ts'

/** The backups that are older than they are kept; the newest good one never is. Without a good one, none goes. */
export function expired<Place extends Pick<BackupPlace, 'taken'> & { readonly good: boolean }>(
  places: readonly Place[],
  keepSeconds: number,
  now: Date,
): Place[] {
  const newest = places
    .filter(({ good }) => good)
    .reduce<Place | undefined>((best, one) => (best && best.taken >= one.taken ? best : one), undefined)
  if (!newest) return []
  return places.filter((place) => place !== newest && now.getTime() - place.taken.getTime() > keepSeconds * 1000)
}

/** Removes the backups of a tier that have expired. Only under the lock of the service. */
export async function expireBackups(root: string, service: string, tier: Tier, keepSeconds: number, now: Date): Promise<BackupPlace[]> {
  const places = await placesOf(root, service, tier)
  const rated = await Promise.all(
    places.map(async (place) => ({
      ...place,
      good: await readManifest(place.folder).then(
        () => true,
        () => false,
      ),
    })),
  )
  const gone = expired(rated, keepSeconds, now)
  for (const { folder } of gone) {
    // Under another name first: half of it must never be seen.
    await rename(folder, `${folder}${removing}`)
    await rm(`${folder}${removing}`, { recursive: true, force: true, maxRetries: 3 })
  }
  return gone
}
