import type { Context } from './context.ts'

export type RuntimeOptions = { readonly runtime: 'embedded' | 'compose'; readonly file: string }

/** Options that mean something to one runtime only, as the command line has them. */
const only: Readonly<Record<RuntimeOptions['runtime'], Readonly<Record<string, string>>>> = {
  embedded: { once: '--once', fresh: '--fresh', portOffset: '--port-offset', state: '--state' },
  compose: { out: '--out', secrets: '--secrets', volumes: '--volumes', yes: '--yes' },
}

/** Whether all options that are set go with the runtime; says which does not. An option without effect would be a surprise. */
export function fits(options: RuntimeOptions, { err }: Context): boolean {
  const other = options.runtime === 'embedded' ? 'compose' : 'embedded'
  const set = Object.entries(only[other]).find(([name]) => (options as Record<string, unknown>)[name])
  if (set) err(`error: ${set[1]} is for --runtime ${other}\n`)
  return set === undefined
}
