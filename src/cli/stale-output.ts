import { isUpToDate, type Plan, pathOf } from '../plan/plan.ts'
import type { Context } from './context.ts'

type Options = { readonly file: string; readonly out?: string | undefined; readonly target?: 'compose' | 'embedded' }

/** Says what is stale in the output folder, which files were edited by hand, and the command that makes it anew. False when nothing is. */
export function reportStale(plan: Plan, shown: string, { file, out, target = 'compose' }: Options, { err, colorsErr }: Context): boolean {
  if (isUpToDate(plan)) return false
  const options = [...(out === undefined ? [] : ['--out', out]), ...(target === 'compose' ? [] : ['--target', target])]
  const command = ['pgfleet generate', ...[...options, ...(file === 'services.yaml' ? [] : [file])].map(shellWord)].join(' ')
  err(`${colorsErr.red('stale')} ${shown}/: ${counted(plan, planned)}; run \`${command}\`\n`)
  for (const change of plan)
    if (change.op === 'conflict') err(`  ${shown}/${pathOf(change)} was not made by pgfleet and stands in the way\n`)
    else if ('edited' in change && change.edited)
      err(`  ${shown}/${pathOf(change)} was edited by hand: what was changed belongs in ${file}\n`)
  return true
}

const shellWord = (text: string): string => (/^[\w./:@-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`)

const planned = { create: 'to create', update: 'to update', delete: 'to remove', conflict: 'in the way' } as const

/** How many changes of each kind, in these words. */
export const counted = (plan: Plan, words: Readonly<Record<string, string>>): string =>
  Object.entries(words)
    .map(([op, word]) => ({ word, count: plan.filter((change) => change.op === op).length }))
    .filter(({ count }) => count > 0)
    .map(({ word, count }) => `${count} ${word}`)
    .join(', ')
