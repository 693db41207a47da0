import type { Position, Span } from '../diagnostic.ts'

/** Turns offsets of one text (UTF-16 units, end exclusive) into spans. */
export type Spans = (start: number, end: number) => Span

/** Prepared once per text. Lines end at a line feed; columns count code points, so an emoji is one column, as in most editors. */
export function spansOf(file: string, text: string): Spans {
  const starts = lineStarts(text)
  const oneUnitEach = !/[\ud800-\udfff]/.test(text)
  const hasMark = text.startsWith('\ufeff')

  const position = (offset: number): Position => {
    const line = lineAt(starts, offset)
    const start = starts[line - 1]!
    const before = oneUnitEach ? offset - start : countCodePoints(text, start, offset)
    // A byte order mark takes no column.
    return { line, col: before + (hasMark && line === 1 && offset > 0 ? 0 : 1), offset }
  }
  return (start, end) => ({ file, start: position(start), end: position(end) })
}

function lineStarts(text: string): number[] {
  const starts = [0]
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) starts.push(at + 1)
  return starts
}

/** 1-based line of an offset, by bisection. */
function lineAt(starts: readonly number[], offset: number): number {
  let low = 0
  let high = starts.length
  while (low + 1 < high) {
    const middle = (low + high) >> 1
    if (starts[middle]! <= offset) low = middle
    else high = middle
  }
  return low + 1
}

function countCodePoints(text: string, start: number, end: number): number {
  let count = 0
  for (let at = start; at < end; at += text.codePointAt(at)! > 0xffff ? 2 : 1) count++
  return count
}
