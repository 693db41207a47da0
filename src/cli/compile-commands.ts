import { type Command, Option } from 'commander'
import { file, type LoadCommand, path, place, runCount } from './arguments.ts'

const format = () => new Option('--format <format>', 'how findings are printed').choices(['pretty', 'oneline', 'json']).default('pretty')
const json = () => new Option('--json', 'the same as --format json').implies({ format: 'json' })

/** The commands that need no running fleet. */
export function addCompileCommands(program: Command, action: LoadCommand): void {
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
    .command('why')
    .summary('where a generated line comes from')
    .description(
      'Shows the places of services.yaml, and of the SQL files, that lines of a generated file come from. Each place is edited by itself in memory, and what would be generated then is compared. Exits with 1 when nothing in them changes the lines.',
    )
    .argument('<place>', 'a line of the output, or lines: FILE:12 or FILE:12-15', place)
    .argument(...file)
    .option('--out <dir>', 'output folder (default: out beside the file)', path)
    .addOption(new Option('--json', 'as JSON').default(false))
    .action(action(() => import('./commands/why.ts'), ['place', 'file']))

  program
    .command('schedule')
    .summary('what runs when')
    .description('Shows the next runs of everything that is scheduled: backups, their verification, retention and jobs. Times are UTC.')
    .argument(...file)
    .addOption(new Option('-n, --count <count>', 'runs of each task').argParser(runCount).default(1))
    .addOption(new Option('--json', 'as JSON').default(false))
    .action(action(() => import('./commands/schedule.ts'), ['file']))
}
