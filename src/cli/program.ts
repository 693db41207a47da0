import { Command, Help, InvalidArgumentError, Option } from 'commander'
import { type Context, processContext } from './context.ts'
import type { ExitCode } from './exit-codes.ts'
import { addOpsCommands } from './ops-commands.ts'

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

/** Makes the action of a command from its module and the names of its arguments. */
export type LoadCommand = <Options>(
  load: () => Promise<{ run: Run<Options> }>,
  names?: readonly string[],
) => (...args: unknown[]) => Promise<void>

/** The command table. `exit` gets the exit code of the command that ran, which knows of its process what `contextOf` says. */
export function createProgram(exit: (code: ExitCode) => void, contextOf: typeof processContext = processContext): Command {
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

  const action: LoadCommand =
    <Options>(load: () => Promise<{ run: Run<Options> }>, names: readonly string[] = []) =>
    async (...args: unknown[]) => {
      const command = args.at(-1) as Command
      const named = Object.fromEntries(names.map((name, index) => [name, args[index]]))
      const context = contextOf({ color: program.opts()['color'] !== false, version })
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

  const runtime = () => new Option('--runtime <runtime>', 'what runs the fleet').choices(['embedded', 'compose']).default('embedded')
  const out = () => new Option('--out <dir>', 'output folder, with compose (default: out beside the file)').argParser(path)
  const secretsFolder = () =>
    new Option('--secrets <dir>', 'folder of the secrets (default: PGFLEET_SECRETS, or secrets beside the file)').argParser(path)
  const state = () => new Option('--state <dir>', 'folder for data and logs, with embedded (default: .pgfleet beside the file)')

  program
    .command('up')
    .summary('run the fleet on this machine, with or without Docker')
    .description(
      'Compiles services.yaml and runs every database on embedded PostgreSQL until Ctrl-C: for trying and testing. With `--runtime compose` it starts the containers of the output folder, waits until they are healthy, checks them, and leaves them running.',
    )
    .argument(...file)
    .addOption(runtime())
    .option('--once', 'with embedded: stop after the check: exit 0 when all are healthy, otherwise 3', false)
    .option('--fresh', 'with embedded: delete the data of earlier runs first', false)
    .addOption(new Option('--port-offset <n>', 'with embedded: added to every port').argParser(wholeNumber).default(0))
    .addOption(state())
    .addOption(out())
    .addOption(secretsFolder())
    .addOption(new Option('--json', 'the table as JSON').default(false))
    .addHelpText(
      'after',
      '\nWith embedded, servers get poolers where pgbouncer is in PATH or /usr/sbin; PGFLEET_PGBOUNCER names another program, or none.',
    )
    .action(action(() => import('./commands/up.ts'), ['file']))

  program
    .command('down')
    .summary('stop what `up` runs or left running')
    .description('Stops what runs. Data stays, unless `--volumes` says otherwise.')
    .argument(...file)
    .addOption(runtime())
    .addOption(state())
    .addOption(out())
    .option('--volumes', 'with compose: delete the data as well', false)
    .option('--yes', 'with --volumes: do not ask', false)
    .addOption(new Option('--json', 'as JSON').default(false))
    .action(action(() => import('./commands/down.ts'), ['file']))

  program
    .command('status')
    .summary('show what `up` is running')
    .description(
      'Shows what runs. With compose: health of the containers, certificates, scheduled tasks; exit code 1 when something is not well.',
    )
    .argument(...file)
    .addOption(runtime())
    .addOption(state())
    .addOption(out())
    .addOption(secretsFolder())
    .addOption(new Option('--json', 'as JSON').default(false))
    .action(action(() => import('./commands/status.ts'), ['file']))

  program
    .command('logs')
    .summary('what containers write')
    .description('Shows what servers and poolers of services write, all of them where none is named. With compose only.')
    .argument('[service...]', 'services, or single containers by their name in the compose file')
    .addOption(new Option('--runtime <runtime>', 'what runs the fleet').choices(['compose']).default('compose'))
    .addOption(new Option('--file <file>', 'the fleet').argParser(path).default('services.yaml'))
    .addOption(out())
    .option('-f, --follow', 'go on until Ctrl-C', false)
    .addOption(new Option('--tail <n>', 'the last lines of each only').argParser(wholeNumber))
    .action(action(() => import('./commands/logs.ts'), ['services']))

  program
    .command('apply')
    .summary('bring the running containers to what the output folder says')
    .description(
      'Runs the convergent SQL of every database and makes servers and poolers read their files again. Says what only a restart can change: exit code 1 then, 3 when something failed.',
    )
    .argument(...file)
    .addOption(new Option('--runtime <runtime>', 'what runs the fleet').choices(['compose']).default('compose'))
    .addOption(out())
    .addOption(secretsFolder())
    .addOption(new Option('--json', 'as JSON').default(false))
    .action(action(() => import('./commands/apply.ts'), ['file']))

  program
    .command('verify')
    .summary('compare the running fleet with services.yaml')
    .description(
      'Checks in both directions that servers, poolers and containers are what services.yaml says: settings, roles, privileges, schemas, migrations, TLS, networks and more. Changes nothing. Exit code 1 for drift, 3 when something could not be asked.',
    )
    .argument(...file)
    .addOption(runtime())
    .addOption(new Option('--evidence <file>', 'write a record of all checks, as JSON').argParser(path))
    .addOption(state())
    .addOption(out())
    .addOption(secretsFolder())
    .addOption(new Option('--json', 'the record instead of the table').default(false))
    .action(action(() => import('./commands/verify.ts'), ['file']))

  const secrets = program
    .command('secrets')
    .summary('passwords, keys and certificates')
    .description('Makes and renews the secrets of the fleet.')
  const fleetFile = () => new Option('-f, --file <file>', 'the fleet').argParser(path).default('services.yaml')

  secrets
    .command('init')
    .summary('make the secrets that are missing')
    .description(
      'Makes passwords, their verifiers, a certificate authority and certificates. Never overwrites: run it again after services, roles or applications were added.',
    )
    .argument(...file)
    .addOption(secretsFolder())
    .addOption(new Option('--json', 'as JSON').default(false))
    .action(action(() => import('./commands/secrets-init.ts'), ['file']))

  secrets
    .command('urls')
    .summary('connection strings for this machine')
    .description(
      'Shows the connection strings of the published ports: of the application through the pooler, of migrations, people and tools past it.',
    )
    .argument('[services...]', 'services (default: all)')
    .addOption(fleetFile())
    .addOption(secretsFolder())
    .option('--show-passwords', 'put the passwords into the URLs', false)
    .addOption(new Option('--json', 'as JSON').default(false))
    .action(action(() => import('./commands/secrets-urls.ts'), ['services']))

  secrets
    .command('rotate')
    .summary('renew certificates or passwords, without a restart')
    .description(
      'Renews certificates (proven by their fingerprints, else the old ones are put back) or passwords of services. Running containers go on; of those that do not run, only the files change.',
    )
    .argument('[services...]', 'services (default: all)')
    .addOption(fleetFile())
    .addOption(secretsFolder())
    .option('--certificates', 'keys and certificates of servers and poolers', false)
    .option('--passwords', 'passwords of all roles', false)
    .addOption(new Option('--json', 'as JSON').default(false))
    .action(action(() => import('./commands/secrets-rotate.ts'), ['services']))

  addOpsCommands(program, action)
  return program
}
