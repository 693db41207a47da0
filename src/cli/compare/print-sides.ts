import { findingsJson } from '../../report/json.ts'
import { pretty } from '../../report/pretty.ts'
import type { Context } from '../context.ts'
import type { TreeSide } from './compile-trees.ts'

/** The findings of the sides that cannot be compiled. */
export function printSides(sides: readonly TreeSide[], json: boolean, context: Context): void {
  const broken = sides.filter(({ side }) => !side)
  if (json) context.out(findingsJson(broken.flatMap(({ diagnostics }) => diagnostics)))
  for (const { tree, diagnostics, texts } of broken) {
    if (!json)
      context.out(
        diagnostics
          .map((diagnostic) => `${pretty(diagnostic, (file) => texts.get(file) ?? '', context.colorsOut, context.columns)}\n`)
          .join('\n'),
      )
    const errors = diagnostics.filter(({ severity }) => severity === 'error').length
    context.err(`\n${context.colorsErr.red('error:')} ${tree.label} cannot be compiled: ${errors} error${errors === 1 ? '' : 's'}\n`)
  }
}
