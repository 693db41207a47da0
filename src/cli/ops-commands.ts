import { Argument, type Command, InvalidArgumentError, Option } from 'commander'
import { parseDuration } from '../fleet/units.ts'
import { tiers } from '../runtime/ops/backup-place.ts'
import { opsFleetFile } from '../runtime/ops/fleet-file.ts'
import type { LoadCommand } from './arguments.ts'

function duration(text: string): string {
  try {
    parseDuration(text)
    return text
  } catch {
    throw new InvalidArgumentError('It must be a whole number and a unit, e.g. "30 days".')
  }
}

function seconds(text: string): number {
  if (!/^[1-9][0-9]{0,5}$/.test(text)) throw new InvalidArgumentError('It must be a whole number of seconds, up to 999999.')
  return Number(text)
}

/** The commands of the ops container: everything that runs on a clock. Called elsewhere, they run in there. */
export function addOpsCommands(program: Command, action: LoadCommand): void {
  const fleet = () => new Option('--fleet <file>', 'what is known of the fleet').default(opsFleetFile)
  const json = () => new Option('--json', 'as JSON').default(false)
  const timeout = () => new Option('--timeout <seconds>', 'how long the server may work on it').argParser(seconds).default(3600)
  const group = (name: string, summary: string) =>
    program
      .command(name)
      .summary(summary)
      .description(`${summary[0]!.toUpperCase()}${summary.slice(1)}.`)

  group('job', 'run a job of a service')
    .command('run')
    .summary('run a job now')
    .description('Calls what services.yaml says for a job, on the server itself, as the migrator of the service.')
    .argument('<service>', 'the service')
    .argument('<job>', 'its job')
    .addOption(timeout())
    .addOption(fleet())
    .action(action(() => import('./commands/job-run.ts'), ['service', 'job']))

  group('retention', 'delete rows that are older than services.yaml says')
    .command('run')
    .summary('delete old rows now')
    .description('Deletes the rows of a service that are older than services.yaml says, in batches of a transaction each.')
    .argument('<service>', 'the service')
    .addOption(timeout())
    .addOption(fleet())
    .action(action(() => import('./commands/retention-run.ts'), ['service']))

  const backup = group('backup', 'take, list and verify backups')
  backup
    .command('run')
    .summary('take a backup of every service')
    .description(
      'Takes a backup of one service after the other with pg_dump, straight from the servers, then removes those that are too old.',
    )
    .addArgument(new Argument('<tier>', 'decides where it lies, and what is removed').choices(tiers))
    .option('--service <key...>', 'services (default: all)')
    .addOption(new Option('--keep <duration>', 'removes backups of this tier that are older (default: none)').argParser(duration))
    .addOption(fleet())
    .action(action(() => import('./commands/backup-run.ts'), ['tier']))
  backup
    .command('list')
    .summary('show the backups that there are')
    .argument('[services...]', 'services (default: all)')
    .addOption(json())
    .addOption(fleet())
    .action(action(() => import('./commands/backup-list.ts'), ['services']))
  backup
    .command('verify')
    .summary('check every byte of the backups')
    .description('Compares every file of every backup with its manifest, and has pg_restore read it. Exit code 1: something is broken.')
    .argument('[services...]', 'services (default: all)')
    .addOption(json())
    .addOption(fleet())
    .action(action(() => import('./commands/backup-verify.ts'), ['services']))

  const task = group('task', 'what runs on a clock')
  task
    .command('list')
    .summary('show the last and the next run of each task')
    .description('Shows the last and the next run of each task of the crontab. Exit code 1: a last run failed.')
    .addOption(json())
    .addOption(fleet())
    .action(action(() => import('./commands/task-list.ts')))
  task
    .command('run')
    .summary('run a task and record it')
    .description('Runs a line of the crontab as the ops container does: not while it is still running, and recorded.')
    .argument('<args...>', 'the words behind pgfleet in the crontab, after --')
    .addOption(fleet())
    .action(action(() => import('./commands/task-run.ts'), ['args']))
  task
    .command('catch-up')
    .summary('run what was missed')
    .description('Runs once, one after the other, each task that was due since it last started. The ops container does so when it starts.')
    .addOption(fleet())
    .action(action(() => import('./commands/task-catch-up.ts')))
}
