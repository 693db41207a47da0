import type { Colors } from 'picocolors/types.js'
import type { Path, Span } from '../diagnostic.ts'
import { frame } from './frame.ts'
import { visible } from './visible.ts'

/** One reason for lines of a generated file, with its place. */
export type ShownCause = {
  /** `value`, `influence` and `presence` as in provenance; `sql`: written by hand there. */
  readonly kind: 'sql' | 'value' | 'influence' | 'presence'
  /** Name of the field, as people write it; of the file for SQL. */
  readonly name: string
  readonly path?: Path
  readonly on?: 'key' | 'value'
  readonly at: Span
  readonly default?: unknown
  readonly edit?: { readonly before: unknown; readonly after?: unknown }
  readonly becomes?: string
  readonly shared?: true
}

export type Answer = {
  /** The file as the user sees it. */
  readonly file: string
  /** 1-based. */
  readonly from: number
  readonly text: readonly string[]
  /** The file on disk has something else there. */
  readonly stale: boolean
  readonly causes: readonly ShownCause[]
  /** More services have a part in it than were tried. */
  readonly partial: boolean
  /** Why there is such a file. */
  readonly createdBy: readonly ShownCause[]
}

export type CausesOptions = { readonly textOf: (file: string) => string; readonly colors: Colors; readonly width: number }

/** Causes that get a code frame; more are listed. */
const framed = 4

/** The answer to `why` for people. Ends with a line feed. */
export function causesText({ file, from, text, causes, createdBy, partial }: Answer, options: CausesOptions): string {
  const { colors } = options
  const gutter = String(from + text.length - 1).length
  const lines = text.map((line, index) => `  ${colors.dim(`${String(from + index).padStart(gutter)} |`)} ${visible(line)}`.trimEnd())
  const title = `${colors.bold(visible(file))}:${from}${text.length > 1 ? `-${from + text.length - 1}` : ''}`
  const parts = [[title, ...lines].join('\n')]
  parts.push(...causes.slice(0, framed).map((cause) => withFrame(cause, options)))
  if (causes.length > framed) parts.push(['also:', ...causes.slice(framed).map((cause) => `  ${oneLine(cause, colors)}`)].join('\n'))
  if (partial) parts.push('so many services have a part in it that only fields of the fleet were tried')
  else if (causes.length === 0) parts.push('fixed by pgfleet: nothing in services.yaml changes it')
  const whole = createdBy.filter(({ name }) => !causes.some((cause) => cause.name === name))
  if (whole.length > 0)
    parts.push(['the file is there because of', ...whole.map((cause) => `  ${visible(cause.name)} ${place(cause.at, colors)}`)].join('\n'))
  return `${parts.join('\n\n')}\n`
}

function withFrame(cause: ShownCause, { textOf, colors, width }: CausesOptions): string {
  const mark = cause.kind === 'influence' ? colors.cyan : colors.green
  const shown = frame(textOf(cause.at.file), cause.at, { colors, width: width - 2, before: 0, after: 0, mark })
  const body = [place(cause.at, colors), ...shown, ...outcome(cause).map((line) => colors.dim(visible(line)))]
  return [`${mark(cause.kind)}: ${visible(sentence(cause))}`, ...body.map((line) => `  ${line}`)].join('\n')
}

const oneLine = (cause: ShownCause, colors: Colors): string => `${cause.kind}: ${visible(sentence(cause))} ${place(cause.at, colors)}`

function sentence({ kind, name, on, default: preset, shared }: ShownCause): string {
  if (kind === 'sql') return `it is written by hand in ${name}`
  if (preset !== undefined) return `${name} is not written; its default is ${valueText(preset)}`
  if (kind === 'value') return on === 'key' ? `the name of ${name} is in it` : `the value of ${name} is in it`
  if (kind === 'influence') return `it depends on ${name}`
  return `it is there because of ${name}${shared ? ', as it is because of others like that' : ''}`
}

function outcome({ edit, becomes, kind }: ShownCause): string[] {
  if (!edit || kind === 'sql') return []
  const change = edit.after === undefined ? 'without it' : `with ${valueText(edit.after)} for ${valueText(edit.before)}`
  return [becomes === undefined ? `${change} the line is not there` : `${change}: ${becomes.trim()}`]
}

const valueText = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value))

const place = ({ file, start }: Span, colors: Colors): string => colors.dim(`--> ${visible(file)}:${start.line}:${start.col}`)

/** The answer for machines: stable names, 1-based lines and columns. Ends with a line feed. */
export function causesJson({ file, from, text, stale, causes, createdBy, partial }: Answer): string {
  const shown = ({ at, name, ...cause }: ShownCause) => ({
    ...cause,
    field: name,
    file: at.file,
    line: at.start.line,
    column: at.start.col,
    endLine: at.end.line,
    endColumn: at.end.col,
  })
  const answer = {
    file,
    line: from,
    endLine: from + text.length - 1,
    text,
    stale,
    partial,
    causes: causes.map(shown),
    createdBy: createdBy.map(shown),
  }
  return `${JSON.stringify(answer, null, 2)}\n`
}
