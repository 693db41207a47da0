import { type Command, Option } from 'commander'
import { file, type LoadCommand, path } from './arguments.ts'

/** The commands that make, renew and show secrets. */
export function addSecretsCommands(program: Command, action: LoadCommand): void {
  const secretsFolder = () =>
    new Option('--secrets <dir>', 'folder of the secrets (default: PGFLEET_SECRETS, or secrets beside the file)').argParser(path)
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
}
