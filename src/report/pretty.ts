import type { Colors } from 'picocolors/types.js'
import type { Diagnostic, Span } from '../diagnostic.ts'
import { type FrameOptions, frame } from './frame.ts'
import { visible } from './visible.ts'

/**
 * A diagnostic for people: message, code frame of the real text, related places, help. `textOf` gives the text of a file by the name
 * that the diagnostic has for it, `width` is that of the terminal in columns. No line feed at the end.
 */
export function pretty(diagnostic: Diagnostic, textOf: (file: string) => string, colors: Colors, width = 120): string {
  const { severity, message, code, at, related, help } = diagnostic
  const mark = (text: string): string => colors.bold(severity === 'error' ? colors.red(text) : colors.yellow(text))
  const lines = (span: Span, options: Pick<FrameOptions, 'before' | 'after' | 'mark'>): string[] =>
    frame(textOf(span.file), span, { colors, width: width - indentation.length, ...options })
  const body = [
    place(at, colors),
    ...lines(at, { before: 2, after: 1, mark }),
    ...related.flatMap((other) => [
      `${colors.cyan('note')}: ${visible(other.message)} ${place(other.at, colors)}`,
      ...lines(other.at, { before: 0, after: 0, mark: colors.cyan }),
    ]),
    ...(help === undefined ? [] : [`${colors.cyan('help')}: ${visible(help)}`]),
  ]
  const title = `${mark(severity)}: ${colors.bold(visible(message))} ${colors.dim(`[${code}]`)}`
  return [title, ...body.map((line) => indentation + line)].join('\n')
}

const indentation = '  '

const place = ({ file, start }: Span, colors: Colors): string => colors.dim(`--> ${visible(file)}:${start.line}:${start.col}`)
