import { diffArrays } from 'diff'
import type { Config } from '../../../schema/services.ts'
import { ownerOf } from './artifact-owner.ts'
import { addedLines, type ChangedFile } from './changed-lines.ts'
import type { ConfigEdit } from './config-edits.ts'
import { linesOf } from './line-diff.ts'
import { carries } from './printed-value.ts'
import type { Recompile } from './recompile.ts'
import { subFleet } from './sub-fleet.ts'

export type Tracing = {
  readonly head: Config
  readonly edits: readonly ConfigEdit[]
  readonly files: readonly ChangedFile[]
  readonly recompile: Recompile
  readonly limit: number
}

type Line = { readonly file: ChangedFile; readonly line: number }

/** Lines with the edit that caused them, and those of which it could not be told. */
export type Traced = { readonly found: readonly (Line & { readonly edit: ConfigEdit })[]; readonly untraced: readonly Line[] }

/** Services that are compiled together: one takes about a millisecond. */
const mostServices = 24
/** Compilations of one service in all: half a second. */
const mostCompilations = 480

/**
 * Finds the edit behind each line by taking edits back, one by itself and then one after the other: the second finds lines that several edits
 * cause together. Only services that edits touch are compiled; what is in files that all share is found again by its text.
 */
export function traced({ head, edits, files, recompile, limit }: Tracing): Traced {
  if (files.length === 0) return { found: [], untraced: [] }
  const services = servicesOf(edits, files, head)
  const applications = new Set(edits.flatMap(({ path: [top, key] }) => (top === 'applications' && key !== undefined ? [String(key)] : [])))
  const texts = (config: Config): Map<string, string[]> => {
    const part = subFleet(config, services, applications)
    return new Map([...recompile(part)].map(({ path, content }) => [path, linesOf(content)]))
  }
  // Of services that are not compiled nothing would be seen.
  const seen = edits.filter(({ path: [top, key] }) => top !== 'services' || key === undefined || services.has(String(key)))
  const most = Math.min(limit, Math.floor(mostCompilations / Math.max(1, services.size)))
  const tried = seen.slice(0, Math.max(1, Math.floor((most - 1) / 2)))
  const now = texts(head)
  const causes = new Map<string, Map<number, ConfigEdit[]>>()
  const note = (then: ReadonlyMap<string, string[]>, edit: ConfigEdit, isCertain: (edits: readonly ConfigEdit[]) => boolean) => {
    for (const { path } of files) {
      const lines = now.get(path)
      if (!lines) continue
      const byLine = causes.get(path) ?? new Map<number, ConfigEdit[]>()
      causes.set(path, byLine)
      for (const line of addedLines(then.get(path) ?? [], lines)) {
        const known = byLine.get(line) ?? []
        if (!isCertain(known)) byLine.set(line, [...known, edit])
      }
    }
  }
  for (const edit of tried) note(texts(edit.revert(head)), edit, () => false)
  let sofar = head
  for (const edit of tried) {
    sofar = edit.revert(sofar)
    note(texts(sofar), edit, (known) => known.length > 0)
  }
  const shared = edits.filter(({ path: [top] }) => top !== 'services' && top !== 'applications')
  const rest = tried.length === edits.length && shared.length === 1 ? shared[0] : undefined
  const found: (Line & { edit: ConfigEdit })[] = []
  const untraced: Line[] = []
  for (const file of files) {
    const byLine = causes.get(file.path) ?? new Map<number, ConfigEdit[]>()
    const there = sameLines(file, now.get(file.path) ?? [], byLine)
    for (const line of file.lines) {
      const edit = best(byLine.get(there.get(line) ?? -1) ?? [], file.text[line]!) ?? rest
      if (edit) found.push({ file, line, edit })
      else untraced.push({ file, line })
    }
  }
  return { found, untraced }
}

/** All services of a small fleet; otherwise, as far as there is room, those that are edited, then those whose files are looked at. */
function servicesOf(edits: readonly ConfigEdit[], files: readonly ChangedFile[], head: Config): Set<string> {
  const edited = edits.flatMap(({ path: [top, key] }) => (top === 'services' && key !== undefined ? [String(key)] : []))
  const looked = files.flatMap(({ path }) => ownerOf(path) ?? [])
  const used = edits.flatMap(({ path: [top, key] }) => (top === 'applications' ? (head.applications?.[String(key)]?.uses ?? []) : []))
  const chosen = new Set([...new Set([...edited, ...used])].slice(0, mostServices))
  for (const key of looked) if (chosen.size < mostServices) chosen.add(key)
  const all = Object.keys(head.services)
  return new Set([...chosen, ...(all.length <= mostServices ? all : all.slice(0, chosen.size === 0 ? 1 : 0))])
}

/** Where the changed lines of a file are among the lines of the same file of the part that was compiled: by their text, in their order. */
function sameLines({ text, lines }: ChangedFile, made: readonly string[], byLine: ReadonlyMap<number, unknown>): Map<number, number> {
  const places = new Map<number, number>()
  if (made.length === text.length && lines.every((line) => made[line] === text[line])) {
    for (const line of lines) places.set(line, line)
    return places
  }
  const caused = [...byLine.keys()].sort((a, b) => a - b)
  const parts = diffArrays(
    lines.map((line) => text[line]!),
    caused.map((line) => made[line]!),
    { maxEditLength: 5000 },
  )
  let at = 0
  let into = 0
  let removed = 0
  for (const part of parts ?? []) {
    const { count = 0 } = part
    const isReplacing = part.added === true && removed === count
    for (let one = 0; one < count && !part.removed; one++) {
      // A line that lists services is shorter in a part of them, but begins in the same way.
      const [line, other] = [lines[at + one - (isReplacing ? count : 0)]!, caused[into + one]!]
      if (!part.added || (isReplacing && begin(text[line]!, made[other]!))) places.set(line, other)
    }
    if (!part.added) at += count
    if (!part.removed) into += count
    removed = part.removed ? count : 0
  }
  return places
}

/** Whether two lines have more than half of the shorter one in common, from its beginning. */
function begin(one: string, other: string): boolean {
  let same = 0
  while (same < one.length && one[same] === other[same]) same++
  return 2 * same > Math.min(one.length, other.length)
}

/** Of several edits, the one whose value is in the line, then the deepest. */
function best(edits: readonly ConfigEdit[], line: string): ConfigEdit | undefined {
  const rank = ({ path, before, after }: ConfigEdit): number => (carries(after, before, line, [String(before)]) ? 100 : 0) + path.length
  return edits.toSorted((a, b) => rank(b) - rank(a))[0]
}
