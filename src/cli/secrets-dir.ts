import { join, relative, resolve } from 'node:path'
import type { Fleet, Service } from '../fleet/types.ts'
import { type ComposeProject, composeProject } from '../runtime/compose/project.ts'
import { didYouMean } from '../suggest.ts'
import type { Context } from './context.ts'

/** The copy of a fleet whose secrets are meant: `--secrets` and the PGFLEET_ variables say which. `root` is the folder of services.yaml. */
export const projectOf = (fleet: Fleet, root: string, secrets: string | undefined, { cwd, env }: Context): ComposeProject =>
  composeProject(fleet, {
    out: join(root, 'out'),
    environment: env,
    secrets: secrets === undefined ? undefined : resolve(cwd, secrets),
  })

/** The services of these names, all when none is named; undefined after saying which one there is not. */
export function servicesNamed(names: readonly string[], { services }: Fleet, { err, colorsErr }: Context): readonly Service[] | undefined {
  const keys = services.map(({ key }) => key)
  const unknown = names.find((name) => !keys.includes(name))
  if (unknown !== undefined) {
    const help = didYouMean(unknown, keys, `the services are ${keys.join(', ')}`)
    err(`${colorsErr.red('error')}: there is no service ${JSON.stringify(unknown)}\n  help: ${help}\n`)
    return undefined
  }
  return names.length === 0 ? services : services.filter(({ key }) => names.includes(key))
}

/** A path as a word of a shell command, as short as it can be said from where the user stands. */
export function shellPath({ cwd }: Context, path: string): string {
  const short = relative(cwd, path) || '.'
  const shown = short.startsWith('..') ? path : short.startsWith('-') ? `./${short}` : short
  return /^[\w./:@%+,-]+$/.test(shown) ? shown : `'${shown.replaceAll("'", "'\\''")}'`
}
