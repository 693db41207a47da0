import { dirname, join, relative, resolve } from 'node:path'
import type { Context } from './context.ts'

/** The state folder of a fleet: `.pgfleet` beside its services.yaml, unless told otherwise. */
export const stateDirOf = (file: string, option: string | undefined, { cwd }: Context): string =>
  option === undefined ? join(dirname(resolve(cwd, file)), '.pgfleet') : resolve(cwd, option)

/** A path as short as it can be said from where the user stands. */
export function shownPath({ cwd }: Context, path: string): string {
  const short = relative(cwd, path)
  return short === '' ? '.' : short.startsWith('..') ? path : short
}
