import { compareText } from '../../diagnostic.ts'
import { impacts } from '../../plan/changes/impact.ts'
import type { Origin } from '../../plan/changes/review.ts'
import type { Change, FileChange, FleetDiff } from '../../plan/changes/types.ts'
import { cell, clip, code, fence, htmlCode } from './escape.ts'
import { fileDiff } from './file-diff.ts'
import { fold } from './fold.ts'
import { bytes, cost, type Form, type Part } from './part.ts'
import { counted, firstOf, thousands } from './words.ts'

/** Diffs that may turn out too large before the rest is not tried. */
const mostMisses = 30
const shownOrigins = 8

/**
 * Diffs of the generated files, each in a part that opens on a click. When not all fit, files of the gravest changes come first, and of
 * those the smallest.
 */
export function artifactsPart({ files, changes }: FleetDiff, origins: readonly Origin[]): Part {
  if (files.length === 0) return { least: { text: '' }, fit: () => ({ text: '' }) }
  const heading = '#### Generated files'
  const risk = riskOfFiles(changes)
  const order = [...files].sort((a, b) => risk(b.path) - risk(a.path) || sizeOf(a) - sizeOf(b) || compareText(a.path, b.path))
  const originsByFile = byArtifact(origins)
  const blocks = new Map<string, string>()
  const block = (file: FileChange): string => {
    const known = blocks.get(file.path) ?? fileBlock(file, originsByFile.get(file.path) ?? [])
    blocks.set(file.path, known)
    return known
  }
  const left = (missing: readonly FileChange[], names: number) =>
    `diffs of ${counted(missing.length, 'generated file')}: ${firstOf(
      missing.slice(0, names + 1).map(({ path }) => cell(path, names === 1 ? 60 : 100)),
      names,
    ).replace(/ and 1 more$/, ` and ${thousands(missing.length - names)} more`)}`
  const least: Form = { text: '', left: left(order, 1) }
  // At most three paths of at most 100 bytes, with their marks.
  const longestPath = files.reduce((most, { path }) => Math.max(most, bytes(path)), 0)
  const longestLeft = 80 + Math.min(3, files.length) * Math.min(110, longestPath + 10)

  function pick(room: number): ReadonlySet<FileChange> {
    const kept = new Set<FileChange>()
    let used = bytes(heading) + 2
    let misses = 0
    for (const file of order) {
      if (misses >= mostMisses) break
      const size = sizeOf(file) > room ? Number.POSITIVE_INFINITY : bytes(block(file)) + 2
      if (used + size > room) misses++
      else {
        kept.add(file)
        used += size
      }
    }
    return kept
  }

  function fit(room: number): Form {
    const all = pick(room)
    const kept = all.size === files.length ? all : pick(room - longestLeft)
    const missing = order.filter((file) => !kept.has(file))
    const text = kept.size === 0 ? '' : [heading, ...files.filter((file) => kept.has(file)).map(block)].join('\n\n')
    const form: Form = missing.length === 0 ? { text } : { text, left: left(missing, 3) }
    return cost(form) <= room ? form : least
  }
  return { least, fit }
}

function byArtifact(origins: readonly Origin[]): ReadonlyMap<string, readonly Origin[]> {
  const found = new Map<string, Origin[]>()
  for (const origin of origins) {
    const same = found.get(origin.artifact)
    if (same) same.push(origin)
    else found.set(origin.artifact, [origin])
  }
  return found
}

/** Bytes that a diff has at least, without making it. */
const sizeOf = ({ op, before, after }: FileChange): number =>
  op === 'updated' ? Math.abs(before.length - after.length) : (before || after).length

/** The gravest class of the services whose folders a path is in; files of the whole fleet have that of what belongs to no service. */
function riskOfFiles(changes: readonly Change[]): (path: string) => number {
  const byService = new Map<string | undefined, number>()
  for (const { service, impact } of changes) byService.set(service, Math.max(byService.get(service) ?? 0, impacts.indexOf(impact)))
  return (path) => Math.max(byService.get(undefined) ?? 0, ...path.split(/[/.]/).map((segment) => byService.get(segment) ?? 0))
}

function fileBlock(file: FileChange, origins: readonly Origin[]): string {
  const { added, removed, hunks } = fileDiff(file)
  const counts = hunks === undefined ? 'much' : `+${thousands(added)} −${thousands(removed)}`
  const what = file.op === 'updated' ? '' : `, ${file.op}`
  const body = hunks === undefined ? 'Too many lines differ to compare them.' : hunks === '' ? 'No line differs.' : fence(hunks, 'diff')
  return fold(`${htmlCode(clip(file.path, 300))} ${counts}${what}`, `${body}${causes(origins)}`)
}

/** Places of services.yaml that caused lines, each once with its lines. */
function causes(origins: readonly Origin[]): string {
  if (origins.length === 0) return ''
  const places = new Map<string, number[]>()
  for (const { at, line } of origins) {
    const place = `${clip(at.file, 200)}:${at.line}`
    places.set(place, [...(places.get(place) ?? []), line])
  }
  const items = [...places].map(([place, lines]) => `- ${code(place)} causes ${lines.length === 1 ? 'line' : 'lines'} ${ranges(lines)}`)
  const more = items.length > shownOrigins ? `\n- and ${counted(items.length - shownOrigins, 'more place')}` : ''
  return `\n\n${items.slice(0, shownOrigins).join('\n')}${more}`
}

/** `3, 14–18`; of many only the first. */
function ranges(lines: readonly number[]): string {
  const runs: [number, number][] = []
  for (const line of [...new Set(lines)].sort((a, b) => a - b)) {
    const last = runs.at(-1)
    if (last && line === last[1] + 1) last[1] = line
    else runs.push([line, line])
  }
  return firstOf(
    runs.map(([from, to]) => (from === to ? String(from) : `${from}–${to}`)),
    12,
  )
}
