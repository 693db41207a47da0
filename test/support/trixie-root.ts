import { existsSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'

/** A Debian 13 in a folder, made by scripts/debian-root.sh: its programs are those that the fleet's containers have. */
export const trixieRoot =
  process.env.PGFLEET_TRIXIE_ROOT ?? join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'pgfleet', 'trixie')

/** Path of one of its files, and whether it is there. */
export function inTrixie(path: string): { readonly path: string; readonly found: boolean } {
  const full = join(trixieRoot, path)
  return { path: full, found: existsSync(full) }
}
