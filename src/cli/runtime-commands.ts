import { type Command, InvalidArgumentError, Option } from 'commander'
import { day, file, type LoadCommand, path, wholeNumber } from './arguments.ts'

function scale(text: string): number {
  if (!/^[1-9][0-9]{0,4}$/.test(text)) throw new InvalidArgumentError('It must be a whole number from 1 to 99999.')
  return Number(text)
}

/** The commands that start, stop, change and look at a running fleet. */
export function addRuntimeCommands(program: Command, action: LoadCommand): void {
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
    .command('seed')
    .summary('fill empty databases with data to try')
    .description(
      'Runs the seed files of services, all of them where none is named: the same data for the same scale and day. Each database is filled in one transaction, or not at all. Refuses when a table that would be filled is not empty.',
    )
    .argument('[service...]', 'services')
    .addOption(new Option('--file <file>', 'the fleet').argParser(path).default('services.yaml'))
    .addOption(runtime())
    .addOption(new Option('--scale <n>', 'how much: rows in proportion').argParser(scale).default(1))
    .addOption(new Option('--until <day>', 'where time ends in the data, e.g. 2026-01-31 (default: today, at midnight UTC)').argParser(day))
    .addOption(state())
    .addOption(out())
    .addOption(new Option('--json', 'the table as JSON').default(false))
    .action(action(() => import('./commands/seed.ts'), ['services']))

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

  program
    .command('orphans')
    .summary('find references to rows of other services that are not there')
    .description(
      'Checks every reference that services.yaml declares between databases, value by value. Changes nothing. Exit code 1 when some lead nowhere.',
    )
    .argument(...file)
    .addOption(runtime())
    .addOption(state())
    .addOption(out())
    .addOption(secretsFolder())
    .addOption(new Option('--json', 'as JSON').default(false))
    .action(action(() => import('./commands/orphans.ts'), ['file']))
}
