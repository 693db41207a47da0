import type { Impact } from '../../plan/changes/impact.ts'

/** What a class is called, and the colour that it has at a glance. */
export const impactWords: Readonly<Record<Impact, { readonly word: string; readonly mark: string; readonly meaning: string }>> = {
  none: { word: 'none', mark: '⚪', meaning: 'nothing that runs notices' },
  reload: { word: 'reload', mark: '🟢', meaning: 'a reload brings it into running sessions' },
  'new-sessions': { word: 'new sessions', mark: '🟢', meaning: 'open sessions keep what they began with' },
  'pooler-reload': { word: 'pooler reload', mark: '🟢', meaning: 'the pooler reads its configuration again' },
  'pooler-restart': { word: 'pooler restart', mark: '🟡', meaning: 'connections through the pooler end' },
  restart: { word: 'restart', mark: '🟠', meaning: 'the server starts anew and its sessions end' },
  recreate: { word: 'recreate', mark: '🟠', meaning: 'containers are made anew and their sessions end' },
  migration: { word: 'migration', mark: '🟠', meaning: 'the schema or the major version changes, and does not go back by itself' },
  destroy: { word: 'destroy', mark: '🔴', meaning: 'something is gone that no command brings back' },
}

/** `1,040`, `12,500.5`; without the commas GitHub could take seven digits for a commit. */
export const thousands = (value: number | string): string => String(value).replace(/\B(?=(\d{3})+(\.|$))(?<!\.\d*)/g, ',')

/** `1 change`, `1,040 changes`. */
export const counted = (count: number, one: string, many = `${one}s`): string => `${thousands(count)} ${count === 1 ? one : many}`

const binary = ['bytes', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'] as const

/** Of a sum, in the largest unit that leaves a digit before the point: `13.4 GiB`, `850 connections`, `2.5 cpus`. */
export function quantity(value: number, unit: 'bytes' | 'connections' | 'cpus'): string {
  if (unit !== 'bytes') return `${thousands(Number.isInteger(value) ? value : value.toFixed(2).replace(/0$/, ''))} ${unit}`
  let scaled = value
  let step = 0
  while (scaled >= 1024 && step < binary.length - 1) {
    scaled /= 1024
    step++
  }
  return `${thousands(scaled.toFixed(scaled >= 100 || Number.isInteger(scaled) ? 0 : 1))} ${binary[step]}`
}

/** The first of some names, as they are to be written, and how many more there are. */
export function firstOf(names: readonly string[], most: number): string {
  const more = names.length - most
  return more > 0 ? `${names.slice(0, most).join(', ')} and ${thousands(more)} more` : names.join(', ')
}
