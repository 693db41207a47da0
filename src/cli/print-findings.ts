import { findingsJson } from '../report/json.ts'
import { oneLine, summaryLine } from '../report/oneline.ts'
import { pretty } from '../report/pretty.ts'
import type { Context } from './context.ts'
import { type Loaded, shownDiagnostics } from './load.ts'

export type FindingsFormat = 'pretty' | 'oneline' | 'json'

/** Findings are the result of a check: they go to standard output in every format. */
export function printFindings(loaded: Loaded, format: FindingsFormat, context: Context): void {
  const diagnostics = shownDiagnostics(loaded)
  if (format === 'json') context.out(findingsJson(diagnostics))
  else if (format === 'oneline') context.out(diagnostics.map((diagnostic) => `${oneLine(diagnostic)}\n`).join(''))
  else if (diagnostics.length) {
    const texts = new Map(loaded.diagnostics.flatMap((found, index) => placesOf(found, diagnostics[index]!)))
    const textOf = (shown: string) => loaded.textOf(texts.get(shown) ?? shown)
    context.out(diagnostics.map((diagnostic) => `${pretty(diagnostic, textOf, context.colorsOut, context.columns)}\n`).join('\n'))
    context.err(`\n${summaryLine(diagnostics)}\n`)
  }
}

type Located = Loaded['diagnostics'][number]

/** The names of files as they are shown, with the names under which their texts are kept. */
const placesOf = (found: Located, shown: Located): [string, string][] => [
  [shown.at.file, found.at.file],
  ...shown.related.map(({ at }, index): [string, string] => [at.file, found.related[index]!.at.file]),
]
