import { impacts } from '../../plan/changes/impact.ts'
import type { Change } from '../../plan/changes/types.ts'
import { cell, clip, inline } from './escape.ts'
import { firstOf, impactWords, thousands } from './words.ts'

/** Changes that are the same but for their service: one row. */
export type Row = { readonly change: Change; readonly all: readonly Change[] }

/** Classes after which nothing is as it was, whatever their number. */
const graveClasses: ReadonlySet<string> = new Set(['restart', 'recreate', 'migration', 'destroy'])

/** What must never be left out of a comment. */
export const isRisk = ({ impact, security, destroys }: Change): boolean =>
  graveClasses.has(impact) || security !== undefined || destroys !== undefined

/** Set by pgfleet from other fields: its place in services.yaml is that of a setting on neither side. */
export const isDerived = ({ area, at }: Change): boolean =>
  area === 'setting' && ![at.base, at.head].some((path) => path?.includes('settings'))

/** Gravest first; what only differs in its service in one row. What is destroyed has a row of its own. */
export function rowsOf(changes: readonly Change[]): readonly Row[] {
  const rows = new Map<string, Change[]>()
  for (const change of [...changes].sort(byGravity)) {
    const { service: _service, target, containers: _containers, at: _at, ...rest } = change
    const key = JSON.stringify([change.destroys || change.service === undefined ? target : '', Object.entries(rest).sort()])
    const same = rows.get(key)
    if (same) same.push(change)
    else rows.set(key, [change])
  }
  return [...rows.values()].map((all) => ({ change: all[0]!, all }))
}

const gravity = ({ impact, destroys }: Change): number =>
  impacts.indexOf(impact) * 2 + (destroys !== undefined && destroys.allowed === undefined ? 1 : 0)
const byGravity = (a: Change, b: Change): number => gravity(b) - gravity(a)

export const rowsHead = '| Class | Service | Change | Before → after | Note |\n| --- | --- | --- | --- | --- |'

/** As a row of a table; brief: without notes, and names shortened. */
export function tableRow({ change, all }: Row, brief = false): string {
  const cells = [
    classOf(change),
    servicesOf(all, brief),
    subjectOf(change, brief ? 60 : 120),
    values(change, brief),
    brief ? '' : noteOf(change),
  ]
  return `| ${cells.join(' | ')} |`
}

/** A class stays on one line. */
const noBreak = '\u00a0'

const classOf = (change: Change): string => {
  const { mark, word } = impactWords[change.impact]
  return `${mark}${noBreak}${word}${change.security === undefined ? '' : `${noBreak}🔒`}`
}

function servicesOf(all: readonly Change[], brief: boolean): string {
  const names = all.map(({ service }) => (service === undefined ? 'fleet' : cell(service, 63)))
  return names.length === 1 ? names[0]! : `${thousands(names.length)} services: ${firstOf(names, brief ? 2 : 4)}`
}

/** Areas are named where the subject alone would not say what it is of. */
const subjectOf = ({ subject, kind }: Change, bytes: number): string => `${cell(subject, bytes)}${kind === 'changed' ? '' : ` ${kind}`}`

function values({ before, after }: Change, brief: boolean): string {
  const most = brief ? 60 : 160
  if (before === undefined && after === undefined) return ''
  return `${cell(before, most)} → ${cell(after, most)}`
}

function noteOf(change: Change): string {
  const { note, security, destroys, advice } = change
  return [
    ...(destroys === undefined ? [] : [leaveOf(destroys)]),
    ...(security === undefined ? [] : [`🔒 ${prose(security)}`]),
    ...[note, advice].flatMap((text) => (text ? [prose(text)] : [])),
  ].join('; ')
}

const leaveOf = ({ rule, allowed }: NonNullable<Change['destroys']>): string =>
  allowed === undefined ? `**not allowed** (\`${rule}\`)` : `allowed (\`${rule}\`): ${prose(allowed)}`

/** Longer explanations are in the whole report. */
const prose = (text: string): string => inline(clip(text, 300))
