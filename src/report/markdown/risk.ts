import type { Change } from '../../plan/changes/types.ts'
import { cell } from './escape.ts'
import { cost, type Form, type Part } from './part.ts'
import { isRisk, rowsHead, rowsOf, tableRow } from './rows.ts'
import { counted, impactWords, thousands } from './words.ts'

/** Heading of the table that counts. */
export const countedTitle = '#### Risks, counted'

/**
 * The table of every change that destroys, migrates, recreates, restarts, or is one of security. It is whole, or all of it is counted per
 * class and rule and as many of the gravest as fit are shown beside that.
 */
export function riskPart(changes: readonly Change[]): Part {
  const risks = changes.filter(isRisk)
  if (risks.length === 0) return { least: { text: '' }, fit: () => ({ text: '' }) }
  const rows = rowsOf(risks)
  const title = '#### Risks'
  const written = rows.map((row) => tableRow(row))
  const whole = (lines: readonly string[]): string => `${title}\n\n${rowsHead}\n${lines.join('\n')}`
  const summed = (names: number): string => `${countedTitle}\n\n${countTable(risks, names)}`
  const rest = (kept: number) =>
    `${counted(rows.length - kept, 'row')} of the table of risks${kept === 0 ? '; it is counted instead' : `, after the ${thousands(kept)} gravest; they are counted`}`
  const least: Form = { text: summed(0), left: rest(0) }

  function fit(room: number): Form {
    const full: Form = { text: whole(written) }
    if (cost(full) <= room) return full
    const brief: Form = { text: whole(rows.map((row) => tableRow(row, true))), left: 'notes in the table of risks' }
    if (cost(brief) <= room) return brief
    const base = [6, 3, 1].map((names): Form => ({ text: summed(names), left: rest(0) })).find((form) => cost(form) <= room) ?? least
    const heading = `\n\nThe gravest:\n\n${rowsHead}`
    // The longest line about the rest names a number of rows that is no longer than that of all rows.
    let used = cost({ text: base.text + heading, left: rest(rows.length - 1) }) + 2 * String(rows.length).length + 2
    const kept: string[] = []
    for (const text of written.slice(0, -1)) {
      used += Buffer.byteLength(text) + 1
      if (used > room) break
      kept.push(text)
    }
    return kept.length === 0 ? base : { text: `${base.text}${heading}\n${kept.join('\n')}`, left: rest(kept.length) }
  }
  return { least, fit }
}

/** One row for each class, for what destroys one for each rule, with the number of changes and the first of them. */
function countTable(risks: readonly Change[], names: number): string {
  const groups = new Map<string, Change[]>()
  for (const { all } of rowsOf(risks))
    for (const change of all) {
      const { mark, word } = impactWords[change.destroys ? 'destroy' : change.impact]
      const key = `| ${mark} ${word} | ${change.destroys ? `\`${change.destroys.rule}\`` : ''} |`
      const same = groups.get(key)
      if (same) same.push(change)
      else groups.set(key, [change])
    }
  const amount = (all: readonly Change[], mark = ''): string => (all.length === 0 ? '' : `${mark}${thousands(all.length)}`)
  const rows = [...groups].map(([key, all]) => {
    const first = all.slice(0, names).map(({ target }) => cell(target, names === 1 ? 40 : 100))
    const refused = all.filter(({ destroys }) => destroys !== undefined && destroys.allowed === undefined)
    const security = all.filter((change) => change.security !== undefined)
    const more = names > 0 && all.length > names ? ', …' : ''
    return `${key} ${amount(all)} | ${amount(refused)} | ${amount(security, '🔒 ')} | ${first.join(', ')}${more} |`
  })
  return `| Class | Rule | Changes | Not allowed | Security | First |\n| --- | --- | --- | --- | --- | --- |\n${rows.join('\n')}`
}
