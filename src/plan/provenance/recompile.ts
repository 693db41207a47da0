import type { Config } from '../../../schema/services.ts'
import { closest } from '../../suggest.ts'

/** What is compared of an artifact. */
export type Text = { readonly path: string; readonly content: string }

/** Makes artifacts of a configuration, with the SQL that is there. Made as far as it is asked for. */
export type Recompile = (config: Config) => Iterable<Text>

/**
 * The same for an edit, after which the file may have another name, as it has when a service is renamed: then it is what is new and most alike.
 * `null`: it is gone. Undefined: nothing can be generated.
 */
export function contentAfter(recompile: Recompile, config: Config, path: string, known: ReadonlySet<string>): string | null | undefined {
  const fresh = new Map<string, string>()
  try {
    for (const text of recompile(config)) {
      if (text.path === path) return text.content
      if (!known.has(text.path)) fresh.set(text.path, text.content)
    }
  } catch {
    return undefined
  }
  const moved = closest(path, fresh.keys())
  return moved === undefined ? null : fresh.get(moved)!
}
