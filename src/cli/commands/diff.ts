import { diffFleets } from '../../plan/changes/diff-fleets.ts'
import { type FailClass, meeting } from '../../plan/changes/fail-on.ts'
import type { FleetDiff } from '../../plan/changes/types.ts'
import { unifiedFiles } from '../../plan/unified.ts'
import { diffJson } from '../../report/diff/json.ts'
import { diffMarkdown } from '../../report/diff/markdown.ts'
import { diffText } from '../../report/diff/text.ts'
import { chooseSides, UsageError } from '../compare/choose-sides.ts'
import { compileTrees } from '../compare/compile-trees.ts'
import { printSides } from '../compare/print-sides.ts'
import type { Context } from '../context.ts'
import { type ExitCode, exitCode } from '../exit-codes.ts'
import { printFailure } from '../failure.ts'

type Format = 'text' | 'json' | 'markdown'
type Options = { base?: string; head?: string; file: string; format: Format; artifacts: boolean; failOn: FailClass[] }

export async function run(options: Options, context: Context): Promise<ExitCode> {
  const { base, head, file, format, artifacts, failOn } = options
  const now = context.now()
  try {
    const chosen = await chooseSides(base, head, file, context)
    const today = now.toISOString().slice(0, 10)
    const { sides, notes } = await compileTrees(chosen.trees, { cacheDir: context.cacheDir, today }, chosen.plain)
    const [old, wanted] = sides
    if (!old.side || !wanted.side) {
      printSides(sides, format === 'json', context)
      return exitCode.failed
    }
    const diff = diffFleets(old.side, wanted.side, { from: chosen.date ?? now, notes })
    context.out(printed(diff, format, artifacts, context))
    if (format === 'text') context.err(`${summary(diff, old.tree.label, wanted.tree.label)}\n`)
    const met = meeting(diff.changes, failOn)
    if (met.length > 0) {
      const first = met.slice(0, 3).map(({ target }) => target)
      context.err(
        `${context.colorsErr.red('refused')} by --fail-on ${failOn.join(' ')}: ${first.join(', ')}${met.length > 3 ? ` and ${met.length - 3} more` : ''}\n`,
      )
      return exitCode.failOn
    }
    return diff.changes.length > 0 ? exitCode.findings : exitCode.clean
  } catch (error) {
    if (!(error instanceof UsageError)) throw error
    printFailure(error, context.err)
    return exitCode.usage
  }
}

function printed(diff: FleetDiff, format: Format, artifacts: boolean, { colorsOut, columns }: Context): string {
  if (format === 'json') return diffJson(diff, { texts: artifacts })
  if (format === 'markdown') return diffMarkdown(diff, { texts: artifacts })
  return diffText(diff, colorsOut, columns) + (artifacts ? `\n${unifiedFiles(diff.files)}` : '')
}

function summary({ changes, files }: FleetDiff, base: string, head: string): string {
  const what = changes.length === 0 ? 'nothing changes in meaning' : `${changes.length} change${changes.length === 1 ? '' : 's'}`
  const text =
    files.length === 0 ? '' : `, ${files.length} generated file${files.length === 1 ? '' : 's'} differ${files.length === 1 ? 's' : ''}`
  return `${base} -> ${head}: ${what}${text}`
}
