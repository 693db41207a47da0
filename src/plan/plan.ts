import { type Artifact, marker } from '../artifact.ts'
import { compareText } from '../diagnostic.ts'
import { sha256 } from '../sha256.ts'
import { checksumsFile, checksumsText, parseChecksums } from './checksums.ts'

/** A file to write: what a plan needs of an artifact. */
export type OutputFile = Pick<Artifact, 'path' | 'mode' | 'content'>

/** A file of the output folder as it is. The content may be read when it is asked for: a large output does not fit into memory twice. */
export type ExistingFile = { readonly content: string; readonly executable: boolean }

/** `edited`: the file is not what was generated last time, so somebody changed it by hand. */
export type Change =
  | { readonly op: 'create'; readonly file: OutputFile }
  | { readonly op: 'update'; readonly file: OutputFile; readonly before: string; readonly edited: boolean }
  /** Ours by its header, and no longer generated. */
  | { readonly op: 'delete'; readonly path: string; readonly before: string; readonly edited: boolean }
  /** Stands where a file would be written, and is not ours. */
  | { readonly op: 'conflict'; readonly path: string }
  | { readonly op: 'keep'; readonly path: string }

/** Sorted by path. */
export type Plan = readonly Change[]

/** What has to be done so that the output folder holds exactly these artifacts beside the files that are not ours. */
export function planChanges(artifacts: readonly Artifact[], existing: ReadonlyMap<string, ExistingFile>): Plan {
  const files: OutputFile[] = [...artifacts, { path: checksumsFile, mode: 0o644, content: checksumsText(artifacts) }]
  const generated = parseChecksums(existing.get(checksumsFile)?.content ?? '')
  const wanted = new Set(files.map(({ path }) => path))
  const edited = (path: string, content: string) => generated.has(path) && generated.get(path) !== sha256(content)
  const changes = files.map((file): Change => {
    const { path } = file
    const found = existing.get(path)
    if (!found) return { op: 'create', file }
    const before = found.content
    if (before === file.content && found.executable === (file.mode === 0o755)) return { op: 'keep', path }
    if (!generated.has(path) && !carriesHeader(before)) return { op: 'conflict', path }
    return { op: 'update', file, before, edited: edited(path, before) }
  })
  for (const [path, found] of existing) {
    const before = wanted.has(path) ? '' : found.content
    if (carriesHeader(before)) changes.push({ op: 'delete', path, before, edited: edited(path, before) })
  }
  return changes.sort((a, b) => compareText(pathOf(a), pathOf(b)))
}

export const pathOf = (change: Change): string => ('file' in change ? change.file.path : change.path)

/** Whether nothing has to be done. */
export const isUpToDate = (plan: Plan): boolean => plan.every(({ op }) => op === 'keep')

const headerLines = 5

/** Our header stands in a comment among the first lines (a shebang may come before it); a text that only quotes it is not ours. */
export const carriesHeader = (content: string): boolean =>
  content.split('\n', headerLines).some((line) => line.replace(/^[^A-Za-z]*/, '').startsWith(marker))
