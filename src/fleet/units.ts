import type { Duration } from './data-types.ts'
import type { Bytes } from './types.ts'

export const kiB = 1024
export const MiB = 1024 * kiB
export const GiB = 1024 * MiB
const TiB = 1024 * GiB

const sizeUnits: Readonly<Record<string, number>> = { KiB: kiB, MiB, GiB, TiB }

/** Bytes of a size as the schema allows it, e.g. `1.5GiB`. Throws on anything else: the schema has refused that before. */
export function parseSize(text: string): Bytes {
  const match = /^([0-9.]+)(KiB|MiB|GiB|TiB)$/.exec(text)
  const bytes = match ? Math.floor(Number(match[1]) * (sizeUnits[match[2]!] ?? Number.NaN)) : Number.NaN
  if (!Number.isFinite(bytes)) throw new Error(`not a size: ${text}`)
  return bytes
}

/** Largest whole unit: `8GiB`, `1536MiB`; for people and for services.yaml. */
export function formatSize(bytes: Bytes): string {
  for (const [unit, factor] of [
    ['TiB', TiB],
    ['GiB', GiB],
    ['MiB', MiB],
  ] as const)
    if (bytes >= factor && bytes % factor === 0) return `${bytes / factor}${unit}`
  return bytes % kiB === 0 ? `${bytes / kiB}KiB` : `${bytes} bytes`
}

/** Smallest size in whole MiB (whole GiB from 16 GiB on) that holds this many bytes. */
export function roundUpSize(bytes: Bytes): Bytes {
  const step = bytes >= 16 * GiB ? GiB : MiB
  return Math.ceil(bytes / step) * step
}

/** A memory setting as PostgreSQL writes it (its GB is a GiB): the largest whole unit, e.g. `7864kB`. */
export function formatMemory(bytes: Bytes): string {
  const kilobytes = Math.floor(bytes / kiB)
  for (const [unit, factor] of [
    ['TB', 1024 ** 3],
    ['GB', 1024 ** 2],
    ['MB', 1024],
  ] as const)
    if (kilobytes >= factor && kilobytes % factor === 0) return `${kilobytes / factor}${unit}`
  return `${kilobytes}kB`
}

const durationSeconds: Readonly<Record<string, number>> = {
  minute: 60,
  hour: 3600,
  day: 86400,
  week: 604800,
  month: 30 * 86400,
  year: 365.25 * 86400,
}

/** A duration as the schema allows it, e.g. `30 days`. Throws on anything else. */
export function parseDuration(text: string): Duration {
  const match = /^([0-9]+) (minute|hour|day|week|month|year)s?$/.exec(text)
  const unit = match ? durationSeconds[match[2]!] : undefined
  if (!match || unit === undefined) throw new Error(`not a duration: ${text}`)
  return { text, seconds: Number(match[1]) * unit }
}
