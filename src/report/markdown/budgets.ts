import type { BudgetRow, Use } from '../../plan/changes/types.ts'
import { cell } from './escape.ts'
import { foldClose, foldOpen } from './fold.ts'
import { listing, type Part } from './part.ts'
import { counted, quantity } from './words.ts'

export const budgetNames: Readonly<Record<BudgetRow['kind'], string>> = {
  memory: 'memory',
  connections: 'connections',
  cpus: 'cpus',
  disk: 'disk',
  'backup-disk': 'backup storage',
}

const head = '| Of | What | Before | After | Used |\n| --- | --- | --- | --- | --- |'

/** More rows than these open on a click, but for what is tight and for the host. */
const shownRows = 12

/** What is used of each limit, before and after: what changed or is tight. */
export function budgetParts(budgets: readonly BudgetRow[]): [Part, Part] {
  const told = budgets.filter((row) => row.tight || isChanged(row)).sort((a, b) => Number(b.tight) - Number(a.tight))
  const silent = budgets.length - told.length
  const isSeen = ({ tight, service }: BudgetRow): boolean => told.length <= shownRows || tight || service === undefined
  const seen = told.filter(isSeen)
  const folded = told.filter((row) => !isSeen(row))
  return [
    listing({
      before: `#### Budgets\n\n${head}`,
      rows: seen.map(budgetRow),
      after: silent === 0 ? '' : `\n\n${counted(silent, 'budget')} as before.`,
      left: (missing) => counted(missing, 'budget'),
    }),
    listing({
      before: `${foldOpen(`${counted(folded.length, 'budget')} of services, none of them tight`)}${head}`,
      rows: folded.map(budgetRow),
      after: foldClose,
      left: (missing) => `${counted(missing, 'budget')}, none of them tight`,
    }),
  ]
}

export const isChanged = ({ before, after }: BudgetRow): boolean => before?.used !== after?.used || before?.limit !== after?.limit

function budgetRow(row: BudgetRow): string {
  const { service, kind, unit, before, after, tight } = row
  const use = (side: Use | undefined): string => (side === undefined ? '–' : useText(side, unit))
  const bar = after === undefined ? '' : `${tight ? '🔴 ' : ''}${gauge(after)} ${percent(after)}`
  return `| ${service === undefined ? 'host' : cell(service, 63)} | ${budgetNames[kind]} | ${use(before)} | ${use(after)} | ${bar} |`
}

/** `850 of 1,000 connections`. */
export function useText({ used, limit }: Use, unit: BudgetRow['unit']): string {
  const [, name] = quantity(limit, unit).split(' ')
  const amount = quantity(used, unit)
  return `${amount.endsWith(` ${name}`) ? amount.slice(0, -name!.length - 1) : amount} of ${quantity(limit, unit)}`
}

const share = ({ used, limit }: Use): number => (limit > 0 ? used / limit : used > 0 ? Number.POSITIVE_INFINITY : 0)

/** Rounded so that only what exceeds its limit is above 100. */
export function percent(use: Use): string {
  const value = share(use)
  if (value > 10) return 'more than 1,000 %'
  return `${value > 1 ? Math.max(101, Math.ceil(value * 100)) : Math.floor(value * 100)} %`
}

/** Ten blocks; more than the limit is all of them. */
function gauge(use: Use): string {
  const full = Math.min(10, Math.round(share(use) * 10))
  return '█'.repeat(full) + '░'.repeat(10 - full)
}
