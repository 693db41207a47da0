import type { Colors } from 'picocolors/types.js'
import { compareText } from '../../diagnostic.ts'
import { gravest, type Impact, impacts } from '../../plan/changes/impact.ts'
import type { BudgetRow, Change, FleetDiff, Step } from '../../plan/changes/types.ts'
import { budgetNames, isChanged, percent, useText } from '../markdown/budgets.ts'
import { counted, impactWords } from '../markdown/words.ts'
import { table } from '../table.ts'
import { visible } from '../visible.ts'
import { wrapped } from './wrap.ts'

/** A semantic diff for a terminal of so many columns: by service, gravest first. Ends with a line feed. */
export function diffText(diff: FleetDiff, colors: Colors, width = 120): string {
  const sections = [
    ...groups(diff.changes).map(([service, changes]) => serviceSection(service, changes, colors, width)),
    ...budgetSection(diff.budgets, colors),
    ...stepSection('apply', diff.apply, colors, width),
    ...rollbackSection(diff, colors, width),
    ...noteSection(diff, colors, width),
  ]
  return sections.length === 0 ? 'nothing changes\n' : sections.join('\n')
}

/** Services in the order of their gravest change; the fleet is one of them. */
function groups(changes: readonly Change[]): [string | undefined, readonly Change[]][] {
  const found = new Map<string | undefined, Change[]>()
  for (const change of changes) {
    const same = found.get(change.service)
    if (same) same.push(change)
    else found.set(change.service, [change])
  }
  const rank = (all: readonly Change[]): number => impacts.indexOf(classOf(all))
  return [...found].sort(([a, left], [b, right]) => rank(right) - rank(left) || compareText(a ?? '', b ?? ''))
}

const classOf = (changes: readonly Change[]): Impact => gravest(changes.map(({ impact }) => impact))

function paint(impact: Impact, colors: Colors): (text: string) => string {
  if (impact === 'destroy') return (text) => colors.bold(colors.red(text))
  if (impact === 'none') return colors.dim
  return impacts.indexOf(impact) >= impacts.indexOf('pooler-restart') ? colors.yellow : colors.green
}

function serviceSection(service: string | undefined, changes: readonly Change[], colors: Colors, width: number): string {
  const impact = classOf(changes)
  const sorted = [...changes].sort((a, b) => impacts.indexOf(b.impact) - impacts.indexOf(a.impact))
  const rows = sorted.map((change) => [
    `  ${impactWords[change.impact].word}`,
    `${visible(change.subject)}${change.kind === 'changed' ? '' : ` ${change.kind}`}`,
    ...beside(change),
  ])
  const painted = (cell: string, row: number, column: number): string =>
    column === 0 ? paint(sorted[row]!.impact, colors)(cell) : column === 3 && cell !== '' ? colors.dim(cell) : cell
  const lines = table(rows, painted).split('\n')
  const body = sorted.flatMap((change, index) => [lines[index]!.trimEnd(), ...remarks(change, colors, width)])
  const title = `${colors.bold(service === undefined ? 'fleet' : visible(service))}: ${paint(impact, colors)(impactWords[impact].word)}`
  return `${title}\n${body.join('\n')}\n`
}

/** Columns of values and of a note that stand beside the name; longer ones stand under it. */
const longestValues = 50
const longestNote = 24

function beside(change: Change): string[] {
  const [pair, note] = [values(change), visible(change.note ?? '')]
  if (pair.length > longestValues) return []
  return note.length > longestNote ? [pair] : [pair, note]
}

function values({ kind, before, after }: Change): string {
  if (before === undefined && after === undefined) return ''
  if (kind === 'added' && before === undefined) return visible(after!)
  return `${visible(before ?? '-')} -> ${visible(after ?? '-')}`
}

function remarks(change: Change, colors: Colors, width: number): string[] {
  const { note, security, destroys, advice } = change
  const lines = (text: string, paint: (line: string) => string = (line) => line) => wrapped(visible(text), width, '      ', paint)
  const under = [values(change), note, advice].slice(beside(change).length)
  return [
    ...(destroys?.allowed === undefined ? [] : lines(`allowed: ${destroys.allowed} [${destroys.rule}]`)),
    ...(destroys !== undefined && destroys.allowed === undefined ? lines(`not allowed [${destroys.rule}]`, colors.red) : []),
    ...(security === undefined ? [] : lines(`security: ${security}`, (line) => line.replace(/^security/, colors.magenta))),
    ...under.flatMap((text) => (text ? lines(text, colors.dim) : [])),
  ]
}

function budgetSection(budgets: readonly BudgetRow[], colors: Colors): string[] {
  const told = budgets.filter((row) => row.tight || isChanged(row))
  if (told.length === 0) return []
  const rows = told.map(({ service, kind, unit, before, after, tight }) => [
    `  ${service === undefined ? 'host' : visible(service)}`,
    budgetNames[kind],
    `${before ? useText(before, unit) : '-'} -> ${after ? useText(after, unit) : '-'}`,
    after ? `${percent(after)}${tight ? ' tight' : ''}` : '',
  ])
  return [`${colors.bold('budgets')}\n${table(rows, (cell, row, column) => (column === 3 && told[row]!.tight ? colors.red(cell) : cell))}`]
}

const stepSection = (title: string, steps: readonly Step[], colors: Colors, width: number): string[] =>
  steps.length === 0 ? [] : [`${colors.bold(title)}\n${steps.flatMap((step, index) => stepLines(step, index, colors, width)).join('\n')}\n`]

/** A command is never broken: it may be copied. */
const stepLines = ({ command, why }: Step, index: number, colors: Colors, width: number): string[] => [
  `  ${index + 1}. ${colors.cyan(visible(command))}`,
  ...wrapped(visible(why), width, '      ', colors.dim),
]

function rollbackSection({ changes, rollback }: FleetDiff, colors: Colors, width: number): string[] {
  if (changes.length === 0) return []
  const { impact, steps, lost } = rollback
  const title = `${colors.bold('rollback')}: ${paint(impact, colors)(impactWords[impact].word)}`
  const lines = [
    ...steps.flatMap((step, index) => stepLines(step, index, colors, width)),
    ...lost.flatMap((text) => wrapped(`lost: ${visible(text)}`, width, '  ', (line) => line.replace(/^lost/, colors.red))),
  ]
  return [`${title}\n${lines.map((line) => `${line}\n`).join('')}`]
}

function noteSection({ unusedAllows, notes, files }: FleetDiff, colors: Colors, width: number): string[] {
  const lines = [
    ...unusedAllows.map(({ why, rule, target, message }) => `${why} entry of allow: (${rule}, ${target}): ${message}`),
    ...notes,
    ...(files.length === 0 ? [] : [`${counted(files.length, 'generated file')} ${files.length === 1 ? 'changes' : 'change'}`]),
  ]
  if (lines.length === 0) return []
  return [`${colors.bold('notes')}\n${lines.flatMap((line) => wrapped(visible(line), width, '  ')).join('\n')}\n`]
}
