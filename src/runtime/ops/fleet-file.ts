// What the ops container knows of the fleet, read back from the generated file.
import { readFile } from 'node:fs/promises'
import { type OpsFleet, opsFleetVersion } from '../../fleet/ops.ts'
import { OperationError } from '../../io/operation-error.ts'

/** Where the file lies, seen from the folder of services.yaml. */
export const opsFleetFile = 'out/ops/fleet.json'

/** Reads the file. `name` is what messages call it. */
export async function readOpsFleet(path: string, name = path): Promise<OpsFleet> {
  const text = await readFile(path, 'utf8').catch((error: Error) => {
    throw new OperationError(
      'ops-fleet',
      `cannot read ${name}: ${error.message}`,
      'Run it in the folder of services.yaml, after `pgfleet generate`.',
      error,
    )
  })
  const data = parsed(text, name)
  if (data.version !== opsFleetVersion)
    throw new OperationError(
      'ops-fleet',
      `${name} is of version ${String(data.version)}, this pgfleet reads version ${opsFleetVersion}`,
      'Make the file and the image of the ops container with the same pgfleet: `pgfleet generate`, then `docker compose build ops`.',
    )
  const fault = faultOf(data)
  if (fault) throw new OperationError('ops-fleet', `${name} is damaged: ${fault}`, 'Make it anew: `pgfleet generate`.')
  return data as unknown as OpsFleet
}

type Fields = Readonly<Record<string, unknown>>

function parsed(text: string, name: string): Fields {
  try {
    const data: unknown = JSON.parse(text)
    if (isFields(data)) return data
    throw new Error('it holds no object')
  } catch (error) {
    throw new OperationError('ops-fleet', `${name} is damaged: ${(error as Error).message}`, 'Make it anew: `pgfleet generate`.', error)
  }
}

/** The first field that is not what it must be. */
function faultOf({ fleet, services, tasks }: Fields): string | undefined {
  if (typeof fleet !== 'string') return 'fleet is missing'
  return (
    faultInList('services', services, (service) => {
      const wrong = ['key', 'database', 'host'].find((name) => typeof service[name] !== 'string')
      if (wrong) return wrong
      if (typeof service['port'] !== 'number') return 'port'
      const roles = service['roles']
      const role = ['migrator', 'backup', 'monitor'].find((name) => !isFields(roles) || typeof roles[name] !== 'string')
      if (role) return `roles.${role}`
      const jobs = service['jobs']
      const calls =
        Array.isArray(jobs) && jobs.every((job) => isFields(job) && typeof job['name'] === 'string' && typeof job['call'] === 'string')
      return calls ? undefined : 'jobs'
    }) ??
    faultInList('tasks', tasks, (task) => {
      const { args } = task as { args?: unknown }
      if (typeof task['name'] !== 'string') return 'name'
      if (typeof task['schedule'] !== 'string') return 'schedule'
      return Array.isArray(args) && args.every((word) => typeof word === 'string') ? undefined : 'args'
    })
  )
}

function faultInList(name: string, list: unknown, faultOf: (item: Fields) => string | undefined): string | undefined {
  if (!Array.isArray(list)) return `${name} is missing`
  for (const [index, item] of list.entries()) {
    const fault = isFields(item) ? faultOf(item) : 'everything'
    if (fault) return `${name}[${index}]: ${fault} is missing`
  }
  return undefined
}

const isFields = (value: unknown): value is Fields => typeof value === 'object' && value !== null && !Array.isArray(value)
