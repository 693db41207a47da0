import type { Colors } from 'picocolors/types.js'
import type { Span } from '../diagnostic.ts'
import { visible } from './visible.ts'
import { graphemes, widthOf } from './width.ts'

export type FrameOptions = {
  readonly colors: Colors
  /** Columns of the terminal: longer lines are cut around what is marked. */
  readonly width: number
  /** Lines shown before and after. */
  readonly before: number
  readonly after: number
  /** Colour of the marks. */
  readonly mark: (text: string) => string
}

/** The lines of a text around a span, with line numbers, and carets under it. A span of several lines is marked on its first. */
export function frame(text: string, { start, end }: Span, { colors, width, before, after, mark }: FrameOptions): string[] {
  const { lines: whole, lineStart: lineBegin, marked: markedIndex } = linesAround(text, start.offset, before, after)
  // Splitting a line into characters takes long when it has millions: only the surroundings of the span are looked at.
  const skipped = Math.max(0, start.offset - lineBegin - nearby)
  const lines = whole.map((line) => line.slice(skipped, skipped + 3 * nearby))
  const lineStart = lineBegin + skipped
  const first = start.line - markedIndex
  const gutter = String(first + lines.length - 1).length
  const marked = cells(lines[markedIndex] ?? '')
  const from = columnAt(marked, start.offset - lineStart)
  const to = Math.max(from + 1, columnAt(marked, end.offset - lineStart))
  const room = Math.max(20, width - gutter - 4)
  const left = leftEdge(from, to, columnAt(marked, Number.POSITIVE_INFINITY), room)

  return lines.flatMap((line, index) => {
    const isMarked = index === markedIndex
    const shown = cut(isMarked ? marked : cells(line), left, room)
    const row = `${colors.dim(`${String(first + index).padStart(gutter)} |`)} ${shown}`.trimEnd()
    if (!isMarked) return [row]
    const carets = '^'.repeat(Math.min(to, left + room) - from)
    return [row, `${colors.dim(`${' '.repeat(gutter)} |`)} ${' '.repeat(from - left)}${mark(carets)}`]
  })
}

/** Cut out of the text without splitting the whole of it: there may be thousands of frames. */
function linesAround(text: string, offset: number, before: number, after: number): { lines: string[]; lineStart: number; marked: number } {
  const startOfLine = (at: number): number => (at === 0 ? 0 : text.lastIndexOf('\n', at - 1) + 1)
  const lineStart = startOfLine(offset)
  let start = lineStart
  let marked = 0
  for (; marked < before && start > 0; marked++) start = startOfLine(start - 1)
  const lines: string[] = []
  for (let at = start; lines.length <= marked + after; ) {
    const end = text.indexOf('\n', at)
    lines.push(text.slice(at, end === -1 ? undefined : end))
    if (end === -1) break
    at = end + 1
  }
  // The text after the last line feed is a line only when it holds something, or is what is marked.
  if (lines.length > marked + 1 && lines.at(-1) === '') lines.pop()
  return { lines, lineStart, marked }
}

/** A piece of a line as it is shown: `at` is its offset in the line, `column` where it starts on the screen. */
type Cell = { readonly at: number; readonly column: number; readonly shown: string; readonly width: number }

const tabStop = 4
/** More than any terminal shows beside a span. */
const nearby = 2000

function cells(line: string): Cell[] {
  const found: Cell[] = []
  let at = 0
  let column = 0
  for (const grapheme of graphemes(line.replace(/\r$/, ''))) {
    const shown = grapheme === '\t' ? ' '.repeat(tabStop - (column % tabStop)) : visible(grapheme)
    const width = shown === grapheme ? widthOf(grapheme) : shown.length
    found.push({ at, column, shown, width })
    at += grapheme.length
    column += width
  }
  return found
}

/** Column of an offset in the line; offsets behind the end stand at the end. */
function columnAt(line: readonly Cell[], offset: number): number {
  const last = line.at(-1)
  return line.find(({ at }) => at >= offset)?.column ?? (last ? last.column + last.width : 0)
}

/** The first column shown: 0 unless the marked part would not be seen then. */
function leftEdge(from: number, to: number, length: number, room: number): number {
  if (length <= room || to <= room - 1) return 0
  return Math.max(0, Math.min(from - Math.floor(room / 3), length - room))
}

/** The part of a line in a window of columns, with `…` where something is left out. */
function cut(line: readonly Cell[], left: number, room: number): string {
  const last = line.at(-1)
  const isLonger = last !== undefined && last.column + last.width > left + room
  const from = left === 0 ? 0 : left + 1
  const to = left + room - (isLonger ? 1 : 0)
  const inside = line.filter(({ column, width }) => column >= from && column + width <= to)
  const start = inside[0]?.column ?? from
  const text = inside.map(({ shown }) => shown).join('')
  return `${left === 0 ? '' : '…'}${' '.repeat(start - from)}${text}${isLonger ? '…' : ''}`
}
