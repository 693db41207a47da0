import { isIPv4 } from 'node:net'
import { dirname, resolve } from 'node:path'
import { opsContainerName, poolerContainerName, serverContainerName } from '../../fleet/container-names.ts'
import type { Fleet } from '../../fleet/types.ts'
import { OperationError } from '../../io/operation-error.ts'

/** A copy of the fleet on this machine: its compose file, and what the variables of that file say. */
export type ComposeProject = {
  /** Absolute path of the compose file. */
  readonly file: string
  /** Name of the project, and first part of all names. */
  readonly name: string
  /** Address of the host on which ports are published. */
  readonly bind: string
  /** First octets of all addresses. */
  readonly subnetBase: string
  /** Absolute path of the secrets folder. */
  readonly secrets: string
  /** All of the environment that `docker compose` gets. */
  readonly environment: Environment
}

type Environment = Readonly<Record<string, string | undefined>>

export type ProjectPlace = {
  /** Absolute path of the output folder. */
  readonly out: string
  /** Of the process. Empty variables count as not set, as Compose has it. */
  readonly environment: Environment
  /** Absolute path of the secrets folder, when it is named on the command line. */
  readonly secrets?: string | undefined
}

export const composeFileName = 'docker-compose.separated-databases.yml'

/**
 * The project of a fleet. Every variable is set, so that an `.env` file cannot give Compose another answer than the one that is used
 * here. Throws `environment` for a value that no container could be started with.
 */
export function composeProject(fleet: Pick<Fleet, 'name' | 'network'>, { out, environment, secrets }: ProjectPlace): ComposeProject {
  const file = resolve(out, composeFileName)
  const name = environment['PGFLEET_PREFIX'] || fleet.name
  const bind = environment['PGFLEET_BIND'] || '127.0.0.1'
  const subnetBase = environment['PGFLEET_SUBNET_BASE'] || fleet.network.base
  // A relative path counts from the compose file.
  const folder = secrets ?? resolve(dirname(file), environment['PGFLEET_SECRETS'] || '../secrets')
  if (!/^[a-z0-9][a-z0-9_-]*$/.test(name))
    throw wrong('PGFLEET_PREFIX', name, 'small letters, digits, - and _, and a letter or digit first')
  // The containers have no way out, so an answer to another machine would go nowhere.
  if (!isIPv4(bind) || !bind.startsWith('127.')) throw wrong('PGFLEET_BIND', bind, 'an IPv4 address of the loopback interface, 127.0.0.0/8')
  if (!isBase(subnetBase, fleet.network.base))
    throw wrong('PGFLEET_SUBNET_BASE', subnetBase, `as many octets as ${fleet.network.base}, which is what services.yaml says`)
  return {
    file,
    name,
    bind,
    subnetBase,
    secrets: folder,
    environment: {
      ...composeEnvironment(environment),
      PGFLEET_PREFIX: name,
      PGFLEET_BIND: bind,
      PGFLEET_SUBNET_BASE: subnetBase,
      PGFLEET_SECRETS: folder,
    },
  }
}

/** An environment in which `docker compose` takes the file and project that it is given and leaves out all profiles. */
export function composeEnvironment(environment: Environment): Environment {
  const ours = ['COMPOSE_FILE', 'COMPOSE_PROJECT_NAME', 'COMPOSE_PROFILES', 'COMPOSE_ENV_FILES', 'COMPOSE_PATH_SEPARATOR']
  return Object.fromEntries(Object.entries(environment).filter(([name]) => !ours.includes(name)))
}

/** Arguments of docker for a command of Compose. */
export const composeArguments = ({ file, name }: Pick<ComposeProject, 'file' | 'name'>, ...args: readonly string[]): string[] => [
  'compose',
  '--file',
  file,
  '--project-name',
  name,
  ...args,
]

export const serverContainer = ({ name }: ComposeProject, service: string): string => serverContainerName(name, service)
export const poolerContainer = ({ name }: ComposeProject, service: string): string => poolerContainerName(name, service)
export const opsContainer = ({ name }: ComposeProject): string => opsContainerName(name)

function isBase(text: string, declared: string): boolean {
  const octets = text.split('.')
  return octets.length === declared.split('.').length && octets.every((octet) => /^(0|[1-9]\d{0,2})$/.test(octet) && Number(octet) <= 255)
}

const wrong = (variable: string, value: string, wanted: string): OperationError =>
  new OperationError('environment', `${variable} is ${JSON.stringify(value)}: expected is ${wanted}`, `Set it anew, or unset ${variable}.`)
