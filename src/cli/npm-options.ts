import type { Command } from 'commander'

/** The scripts of package.json that hand their words on to this program. */
const scripts = ['pgfleet', 'start', 'generate']

/** An option of npm's own, which may be in anybody's npm configuration. Without it we ask, so nothing bad comes of its loss. */
const ownOfNpm = '--yes'

/**
 * Options that npm kept for itself: `npm run pgfleet generate --check` calls the program without `--check`, which would write what
 * was only to be compared. npm leaves them in the environment.
 */
export function optionsTakenByNpm(program: Command, argv: readonly string[], env: NodeJS.ProcessEnv): string[] {
  if (!scripts.includes(env['npm_lifecycle_event'] ?? '')) return []
  const names = program.commands.flatMap(({ options }) => options.flatMap(({ long }) => (long ? [long] : [])))
  const variable = (name: string) => `npm_config_${name.slice(2).replaceAll('-', '_')}`
  return [...new Set(names)].filter(
    (name) => name !== ownOfNpm && env[variable(name)] !== undefined && !argv.some((word) => word.split('=')[0] === name),
  )
}
