import { table } from '../report/table.ts'
import { visible } from '../report/visible.ts'
import type { SeedRange } from '../runtime/seed/prelude.ts'
import type { SeedResult } from '../runtime/seed/seed-fleet.ts'
import type { Context } from './context.ts'
import { countText, secondsText } from './quantities.ts'

type Colors = Context['colorsOut']

/** What was written, how fast, and what failed. */
export function seedReport(results: readonly SeedResult[], colors: Colors): string {
  const rows = results.map((result) =>
    result.state === 'seeded'
      ? [result.service, 'seeded', countText(result.rows), secondsText(result.seconds), countText(perSecond(result))]
      : [result.service, result.state, '-', '-', '-'],
  )
  const paint = (cell: string, row: number, column: number) => {
    if (row === 0) return colors.bold(cell)
    return column === 1 ? (cell === 'seeded' ? colors.green(cell) : colors.red(cell)) : cell
  }
  const failures = results.flatMap((result) => {
    if (result.state !== 'failed') return []
    const { service, reason, hint } = result
    const text = reason.split('\n').map(visible).join('\n  ')
    return [`${colors.red('failed')} ${service}: ${text}\n${hint === undefined ? '' : `  help: ${visible(hint)}\n`}`]
  })
  return [table([['SERVICE', 'STATE', 'ROWS', 'TIME', 'ROWS/S'], ...rows], paint), ...failures].join('')
}

/** The same for machines. */
export const seedJson = (range: SeedRange, results: readonly SeedResult[]): string =>
  `${JSON.stringify(
    {
      ok: results.every(({ state }) => state === 'seeded'),
      ...range,
      services: results.map((result) => (result.state === 'seeded' ? { ...result, rowsPerSecond: perSecond(result) } : result)),
    },
    null,
    2,
  )}\n`

/** Whole rows a second; all of them where it took no time that can be told. */
export const perSecond = ({ rows, seconds }: { rows: number; seconds: number }): number => Math.round(rows / (seconds || 1))
