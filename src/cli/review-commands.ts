import { type Command, Option } from 'commander'
import { failClasses } from '../plan/changes/fail-on.ts'
import { defaultBudget } from '../report/markdown/body.ts'
import { commentBudget, file, type LoadCommand, path, pullRequestNumber } from './arguments.ts'

/** The commands that tell what a change means. */
export function addReviewCommands(program: Command, action: LoadCommand): void {
  const failOn = () =>
    new Option('--fail-on <class...>', 'exit 4 when a change meets a class; a loss that allow: permits does not meet destroy')
      .choices(failClasses)
      .default([])

  program
    .command('diff')
    .summary('what a change of services.yaml means')
    .description(
      'Compares two resolved fleets, not their text: what changes for whom, what is reloaded, restarted, made anew or lost, what it does to memory and connections, and how to go back. BASE and HEAD are git revisions or files; without them, where the current branch left the main one is compared with the working tree.',
    )
    .argument('[base]', 'a git revision or a file', path)
    .argument('[head]', 'a git revision or a file (default: the working tree)', path)
    .option('--file <file>', 'the fleet, in a revision and in the working tree', path, 'services.yaml')
    .addOption(new Option('--format <format>', 'how it is printed').choices(['text', 'json', 'markdown']).default('text'))
    .addOption(new Option('--json', 'the same as --format json').implies({ format: 'json' }))
    .option('--artifacts', 'the diffs of the generated files, too', false)
    .addOption(failOn())
    .addHelpText('after', '\nExit codes: 0 nothing changes, 1 something does, 2 wrong usage, 3 a side cannot be compiled, 4 --fail-on.')
    .action(action(() => import('./commands/diff.ts'), ['base', 'head']))

  program
    .command('review')
    .summary('tell a pull request what it changes')
    .description(
      'Writes one comment on a pull request (verdict, risks, budgets, evidence of the boot, rollback), a commit status, labels and inline comments. Reads services.yaml and its SQL of both sides over the API, as data. In GitHub Actions it finds the pull request in the event; GITHUB_TOKEN and GITHUB_API_URL (GitHub Enterprise) are read from the environment.',
    )
    .argument(...file)
    .option('--repo <owner/name>', 'the repository (default: GITHUB_REPOSITORY)')
    .addOption(new Option('--pull-request <number>', 'the pull request (default: that of the event)').argParser(pullRequestNumber))
    .option('--dry-run', 'print the exact comment and write nothing; without a pull request: of two states of this repository', false)
    .option('--base <base>', 'with --dry-run: a git revision or a file', path)
    .option('--head <head>', 'with --dry-run: a git revision or a file', path)
    .addOption(
      new Option('--mode <mode>', 'edit the comment there is, add one per run, or add one and hide those before')
        .choices(['update', 'new', 'hide-and-new'])
        .default('update'),
    )
    .addOption(new Option('--budget <bytes>', 'largest comment, in bytes of UTF-8').argParser(commentBudget).default(defaultBudget))
    .option('--evidence <file>', 'with --dry-run: what pgfleet verify --evidence wrote', path)
    .option('--evidence-artifact <name>', 'artifact of the run that booted the fleet', path, 'pgfleet-evidence')
    .option('--bot-login <login>', 'whose comments are ours (default: who the token is of)', path)
    .option('--skip-no-changes', 'make no first comment where nothing changes', false)
    .addOption(failOn())
    .addHelpText(
      'after',
      '\nExit codes: 0 written (the commit status holds the verdict), 1 the verdict is bad and no status could be set (or --dry-run), 2 wrong usage, 3 an operation failed, 4 --fail-on.',
    )
    .action(action(() => import('./commands/review.ts'), ['file']))
}
