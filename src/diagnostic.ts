/** Where in a document something stands: keys and indexes from the root, e.g. `['services', 'trading', 'port']`. */
export type Path = readonly (string | number)[]

/** 1-based line and column (in characters), and the 0-based offset in the text. */
export type Position = { readonly line: number; readonly col: number; readonly offset: number }

/** A stretch of one file; `end` is exclusive. */
export type Span = { readonly file: string; readonly start: Position; readonly end: Position }

export type Severity = 'error' | 'warning'

/** What a rule reports. It names a path of services.yaml; only where the text is in another file (SQL) it gives a span itself. */
export type Finding = {
  readonly path: Path
  /** The key is marked for a key that should not be there, otherwise the value. */
  readonly on?: 'key' | 'value'
  readonly at?: Span
  readonly message: string
  /** What is allowed, or what to do. */
  readonly help?: string
  readonly related?: readonly { readonly path: Path; readonly on?: 'key' | 'value'; readonly message: string }[]
}

/** A finding with its code and its place in a file: what is shown to people. */
export type Diagnostic = {
  /** `yaml/...`, `schema/...` or the bare name of a rule. */
  readonly code: string
  readonly severity: Severity
  readonly message: string
  readonly help?: string
  readonly at: Span
  readonly related: readonly { readonly at: Span; readonly message: string }[]
}

/** Result of a stage: its value where there was no error, and everything it found. */
export type Staged<T> = { readonly value?: T; readonly diagnostics: readonly Diagnostic[] }

export const hasErrors = (diagnostics: readonly Diagnostic[]): boolean => diagnostics.some(({ severity }) => severity === 'error')

/** Total order: file, line, column, code, message. */
export function compareDiagnostics(a: Diagnostic, b: Diagnostic): number {
  return (
    compareText(a.at.file, b.at.file) ||
    a.at.start.offset - b.at.start.offset ||
    compareText(a.code, b.code) ||
    compareText(a.message, b.message)
  )
}

/** Order by code unit: the same on every machine, unlike localeCompare. */
export const compareText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)
