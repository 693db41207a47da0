import { Command, Help, InvalidArgumentError, Option } from 'commander'
import { type Context, processContext } from './context.ts'
import type { ExitCode } from './exit-codes.ts'

/** Replaced when the bundle is built. */
declare const PGFLEET_VERSION: string
const version = typeof PGFLEET_VERSION === 'string' ? PGFLEET_VERSION : '0.0.0'

/** A command's body: loaded when it is called, so that no command pays for the others. */
type Run<Options> = (options: Options, context: Context) => Promise<ExitCode>

function wholeNumber(text: string): number {
  if (!/^-?[0-9]+$/.test(text)) throw new InvalidArgumentError('It must be a whole number.')
  return Number(text)
}

function runCount(text: string): number {
  if (!/^[0-9]{1,4}$/.test(text) || Number(text) === 0) throw new InvalidArgumentError('It must be a whole number from 1 to 9999.')
  return Number(text)
}

/** An empty name would be the current folder: most often a variable of a script that is not set. */
function path(text: string): string {
  if (text === '') throw new InvalidArgumentError('It must not be empty.')
  return text
}

const file = ['[file]', 'the fleet', path, 'services.yaml'] as const
const format = () => new Option('--format <format>', 'how findings are printed').choices(['pretty', 'oneline', 'json']).default('pretty')
const json = () => new Option('--json', 'the same as --format json').implies({ format: 'json' })

/** The command table. `exit` gets the exit code of the command that ran. */
export function createProgram(exit: (code: ExitCode) => void): Command {
  const program = new Command('pgfleet')
    .description('One services.yaml, validated and compiled into everything a fleet of PostgreSQL databases needs.')
    .version(version, '-V, --version')
    .option('--no-color', 'plain text (also: NO_COLOR=1)')
    .exitOverride()
    .showHelpAfterError('(pgfleet --help shows what there is)')
    .addHelpText('after', '\nExit codes: 0 clean, 1 findings or a stale output, 2 wrong usage, 3 an operation failed.')
    .configureHelp({
      optionDescription(option) {
        const isFlag = option.isBoolean() && option.defaultValue === false
        return isFlag ? option.description : Help.prototype.optionDescription.call(this, option)
      },
    })

  const action =
    <Options>(load: () => Promise<{ run: Run<Options> }>, names: readonly string[] = []) =>
    async (...args: unknown[]) => {
      const command = args.at(-1) as Command
      const named = Object.fromEntries(names.map((name, index) => [name, args[index]]))
      const context = processContext({ color: program.opts()['color'] !== false, version })
      exit(await (await load()).run({ ...named, ...command.opts() } as Options, context))
    }

  program
    .command('validate')
    .summary('check services.yaml')
    .description('Checks services.yaml in three stages: YAML, schema, rules. Each shows all it finds.')
    .argument(...file)
    .addOption(format())
    .addOption(json())
    .action(action(() => import('./commands/validate.ts'), ['file']))

  program
    .command('generate')
    .summary('compile services.yaml into out/')
    .description(
      'Compiles services.yaml into the output folder. Writes only what changed and removes generated files that are no longer made.',
    )
    .argument(...file)
    .option('--out <dir>', 'output folder (default: out beside the file; .pgfleet/out for the embedded target)', path)
    .addOption(new Option('--target <target>', 'where the fleet will run').choices(['compose', 'embedded']).default('compose'))
    .option('--check', 'write nothing; exit 1 with a diff when the output is stale', false)
    .addOption(format())
    .addOption(json())
    .action(action(() => import('./commands/generate.ts'), ['file']))

  program
    .command('explain')
    .summary('what a rule, a setting or a field means')
    .description(
      'Explains a rule, a PostgreSQL setting (type, range, unit, context, its value in each service and why) or a field of services.yaml.',
    )
    .argument('<name>', 'a rule, a setting or a field')
    .argument(...file)
    .action(action(() => import('./commands/explain.ts'), ['name', 'file']))

  program
    .command('schedule')
    .summary('what runs when')
    .description('Shows the next runs of everything that is scheduled: backups, their verification, retention and jobs. Times are UTC.')
    .argument(...file)
    .addOption(new Option('-n, --count <count>', 'runs of each task').argParser(runCount).default(1))
    .addOption(new Option('--json', 'as JSON').default(false))
    .action(action(() => import('./commands/schedule.ts'), ['file']))

  program
    .command('up')
    .summary('run the fleet on this machine, without Docker')
    .description(
      'Compiles services.yaml and runs every database on embedded PostgreSQL until Ctrl-C. For trying and testing, not for production.',
    )
    .argument(...file)
    .option('--once', 'stop after the check: exit 0 when all are healthy, otherwise 3', false)
    .option('--fresh', 'delete the data of earlier runs first', false)
    .addOption(new Option('--port-offset <n>', 'added to every port').argParser(wholeNumber).default(0))
    .addOption(new Option('--state <dir>', 'folder for data and logs (default: .pgfleet beside the file)'))
    .addOption(new Option('--json', 'the table as JSON').default(false))
    .action(action(() => import('./commands/up.ts'), ['file']))

  for (const [name, summary] of [
    ['down', 'stop what `up` runs or left running'],
    ['status', 'show what `up` is running'],
  ] as const)
    program
      .command(name)
      .summary(summary)
      .argument(...file)
      .addOption(new Option('--state <dir>', 'folder for data and logs (default: .pgfleet beside the file)'))
      .addOption(new Option('--json', 'as JSON').default(false))
      .action(action(() => (name === 'down' ? import('./commands/down.ts') : import('./commands/status.ts')), ['file']))

  return program
}
