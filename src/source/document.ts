import { type Diagnostic, hasErrors, type Path, type Span, type Staged } from '../diagnostic.ts'
import { composeYaml } from './compose.ts'
import { locator } from './locate.ts'
import { type Spans, spansOf } from './spans.ts'
import { yamlData } from './yaml-data.ts'
import type { YamlProblem } from './yaml-problem.ts'

/** A YAML file as data, and where each part of the data stands in its text. */
export type ParsedDocument = {
  readonly file: string
  readonly text: string
  /** Plain data; parts that aliases repeat are shared. Read it, never write it. */
  readonly data: unknown
  /** Where a path stands (see Locate): its value unless told otherwise, the nearest parent when it does not exist. */
  spanOf(path: Path, on?: 'key' | 'value'): Span
}

/** First stage: everything that is wrong with the text as YAML, as `yaml/<code>`. */
export function parseDocument(file: string, text: string): Staged<ParsedDocument> {
  const spans = spansOf(file, text)
  const toDiagnostics = (parser: readonly YamlProblem[], inData: readonly YamlProblem[] = []): Diagnostic[] =>
    firstOfLine(parser, inData, spans).map((problem) => toDiagnostic(problem, spans))
  const { root, problems } = composeYaml(text)
  if (!root) return { diagnostics: toDiagnostics(problems) }

  const { data, problems: inData, targets } = yamlData(root)
  const diagnostics = toDiagnostics(problems, inData)
  if (hasErrors(diagnostics)) return { diagnostics }
  const locate = locator(root, targets, text)
  if (!isMap(data)) return { diagnostics: toDiagnostics(problems, [...inData, notAMap(data, locate([], 'value'), text)]) }
  const spanOf = (path: Path, on: 'key' | 'value' = 'value'): Span => spans(...locate(path, on))
  return { value: { file, text, data, spanOf }, diagnostics }
}

const isMap = (data: unknown): boolean => typeof data === 'object' && data !== null && !Array.isArray(data)

function notAMap(data: unknown, [start, end]: readonly [number, number], text: string): YamlProblem {
  const found = Array.isArray(data) ? 'a list' : data === null ? 'nothing' : 'a single value'
  const glued = typeof data === 'string' && /^\w+:\S/.test(text.slice(start, end))
  return {
    code: 'root-type',
    severity: 'error',
    start,
    end,
    message: `the file must be a map, but is ${found}`,
    help: glued ? 'write a space after the colon' : 'start it with keys such as version, fleet, host and services',
  }
}

/**
 * Of the parser's problems only the first of a line: what it finds after that is mostly a consequence. What the data shows on such a
 * line is one, too.
 */
function firstOfLine(parser: readonly YamlProblem[], data: readonly YamlProblem[], spans: Spans): YamlProblem[] {
  const line = ({ start }: YamlProblem): number => spans(start, start).start.line
  const first = new Map<number, YamlProblem>()
  for (const problem of parser) {
    const earlier = first.get(line(problem))
    if (!earlier || (earlier.severity === 'warning' && problem.severity === 'error')) first.set(line(problem), problem)
  }
  const isFree = (problem: YamlProblem): boolean => first.get(line(problem))?.severity !== 'error'
  return [...first.values(), ...data.filter(isFree)].sort((a, b) => a.start - b.start)
}

function toDiagnostic({ code, severity, start, end, message, help, related }: YamlProblem, spans: Spans): Diagnostic {
  return {
    code: `yaml/${code}`,
    severity,
    message,
    ...(help !== undefined && { help }),
    at: spans(start, end),
    related: related ? [{ at: spans(related.start, related.end), message: related.message }] : [],
  }
}
