import type { Span } from '../../diagnostic.ts'
import type { Fleet } from '../../fleet/types.ts'
import { ownerOf } from '../../plan/provenance/artifact-owner.ts'
import { sqlPlaces } from '../../plan/provenance/sql-place.ts'
import type { ShownCause } from '../../report/causes.ts'
import { spansOf } from '../../source/spans.ts'

/** The lines of hand-written SQL that lines of an artifact (0-based) come from; those next to each other are one cause. */
export function sqlCauses(
  path: string,
  lines: readonly string[],
  wanted: readonly number[],
  fleet: Fleet,
  textOf: (file: string) => string,
): ShownCause[] {
  const service = fleet.services.find(({ key }) => key === ownerOf(path))
  if (!service || !path.endsWith('.sql')) return []
  const places = sqlPlaces(lines, service)
  const ranges: { file: string; from: number; to: number }[] = []
  for (const index of wanted) {
    const place = places.get(index)
    const last = ranges.at(-1)
    if (!place) continue
    if (last?.file === place.file && (place.line === last.to || place.line === last.to + 1)) last.to = place.line
    else ranges.push({ file: place.file, from: place.line, to: place.line })
  }
  return ranges.map(({ file, from, to }) => ({ kind: 'sql', name: `${file}:${from}`, at: linesSpan(file, textOf(file), from, to) }))
}

/** The span of whole lines, without their indentation. */
function linesSpan(file: string, text: string, from: number, to: number): Span {
  const lines = text.split('\n')
  const start = lines.slice(0, from - 1).reduce((sum, line) => sum + line.length + 1, 0)
  const length = lines
    .slice(from - 1, to)
    .join('\n')
    .trimEnd().length
  const indentation = /^\s*/.exec(lines[from - 1] ?? '')![0].length
  return spansOf(file, text)(start + indentation, start + Math.max(length, indentation))
}
