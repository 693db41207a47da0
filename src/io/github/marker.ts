// The first line of a comment of ours tells what it is of; first, so that nothing that shortens a text takes it away.

/** A run of a workflow; a run started again keeps its id. */
export type Run = { readonly id: number; readonly attempt: number }

export type Marker = {
  /** What the comment is about: the path of services.yaml in its repository. */
  readonly id: string
  /** Commit that was reviewed. */
  readonly head: string
  readonly run: Run
  /** Of the body without this line, and without what changes at each run: `sha256:...`. */
  readonly hash: string
  /** What it asks for of the labels of the pull request, which those of other services.yaml share. */
  readonly labels?: readonly string[]
}

export const isNewer = (a: Run, b: Run): boolean => a.id > b.id || (a.id === b.id && a.attempt > b.attempt)

export const isSameRun = (a: Run, b: Run): boolean => a.id === b.id && a.attempt === b.attempt

/** The line, without its end. */
export function printMarker({ id, head, run, hash, labels = [] }: Marker): string {
  return markerLine('v1', { id, head, run: `${run.id}.${run.attempt}`, hash, ...(labels.length > 0 && { labels }) })
}

/** An HTML comment that holds data: `-->` and `--` cannot be in it. */
export function markerLine(kind: string, data: object): string {
  const json = JSON.stringify(data).replaceAll('--', '\\u002d\\u002d').replaceAll('>', '\\u003e').replaceAll('<', '\\u003c')
  return `<!-- pgfleet:${kind} ${json} -->`
}

/** Marker of a comment; undefined when its first line is none, or is not well formed. */
export function readMarker(body: string): Marker | undefined {
  const { id, head, run, hash, labels } = readMarkerLine('v1', body) ?? {}
  const [, number, attempt] = (typeof run === 'string' && /^(\d{1,15})\.(\d{1,6})$/.exec(run)) || []
  if (typeof id !== 'string' || typeof head !== 'string' || typeof hash !== 'string' || !number) return undefined
  const names = Array.isArray(labels) ? { labels: labels.filter((name) => typeof name === 'string') } : {}
  return { id, head, run: { id: Number(number), attempt: Number(attempt) }, hash, ...names }
}

/** Data of a first line that `markerLine` made; undefined when it is something else. */
export function readMarkerLine(kind: string, body: string): Record<string, unknown> | undefined {
  const line = body.split('\n', 1)[0]!.trimEnd()
  const start = `<!-- pgfleet:${kind} {`
  if (!line.startsWith(start) || !line.endsWith('} -->')) return undefined
  try {
    return JSON.parse(line.slice(start.length - 1, -' -->'.length))
  } catch {
    return undefined
  }
}

/** What stands below the first line. */
export const withoutMarker = (body: string): string => body.slice(body.indexOf('\n') + 1)
