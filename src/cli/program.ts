import { Command, Help } from 'commander'
import type { LoadCommand, Run } from './arguments.ts'
import { addCompileCommands } from './compile-commands.ts'
import { processContext } from './context.ts'
import type { ExitCode } from './exit-codes.ts'
import { addOpsCommands } from './ops-commands.ts'
import { addReviewCommands } from './review-commands.ts'
import { addRuntimeCommands } from './runtime-commands.ts'
import { addSecretsCommands } from './secrets-commands.ts'

/** Replaced when the bundle is built. */
declare const PGFLEET_VERSION: string
const version = typeof PGFLEET_VERSION === 'string' ? PGFLEET_VERSION : '0.0.0'

/** The command table. `exit` gets the exit code of the command that ran, which knows of its process what `contextOf` says. */
export function createProgram(exit: (code: ExitCode) => void, contextOf: typeof processContext = processContext): Command {
  const program = new Command('pgfleet')
    .description('One services.yaml, validated and compiled into everything a fleet of PostgreSQL databases needs.')
    .version(version, '-V, --version')
    .option('--no-color', 'plain text (also: NO_COLOR=1)')
    .exitOverride()
    .showHelpAfterError('(pgfleet --help shows what there is)')
    .addHelpText(
      'after',
      '\nExit codes: 0 clean, 1 findings or a stale output, 2 wrong usage, 3 an operation failed, 4 a class of --fail-on was met.',
    )
    .configureHelp({
      optionDescription(option) {
        const isFlag = option.isBoolean() && option.defaultValue === false
        return isFlag ? option.description : Help.prototype.optionDescription.call(this, option)
      },
    })

  const action: LoadCommand =
    <Options>(load: () => Promise<{ run: Run<Options> }>, names: readonly string[] = []) =>
    async (...args: unknown[]) => {
      const command = args.at(-1) as Command
      const named = Object.fromEntries(names.map((name, index) => [name, args[index]]))
      const context = contextOf({ color: program.opts()['color'] !== false, version })
      exit(await (await load()).run({ ...named, ...command.opts() } as Options, context))
    }

  addCompileCommands(program, action)
  addReviewCommands(program, action)
  addRuntimeCommands(program, action)
  addSecretsCommands(program, action)
  addOpsCommands(program, action)
  return program
}
