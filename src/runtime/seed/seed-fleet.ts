// Fills the databases of a fleet, several side by side.
import type { Service } from '../../fleet/types.ts'
import { OperationError } from '../../io/operation-error.ts'
import { sideBySide } from '../side-by-side.ts'
import type { FleetAccess } from '../verify/access.ts'
import { filledTables, notEmpty } from './filled-tables.ts'
import { type Seeded, type SeedOptions, seedService } from './seed-service.ts'

/** Services that are filled at the same time. */
const atOnce = 4

export type SeedResult = { readonly service: string } & (
  | ({ readonly state: 'seeded' } & Seeded)
  /** Nothing was written, unless the reason says otherwise. */
  | { readonly state: 'failed'; readonly code: string; readonly reason: string; readonly hint?: string }
)

/**
 * Before anything is written, all tables of all services must be empty: throws `seed-not-empty`, naming those that are not. Then each
 * service is filled or not by itself; why not is its result.
 */
export async function seedFleet(services: readonly Service[], options: SeedOptions): Promise<SeedResult[]> {
  const { access, onProgress } = options
  mustAllBeEmpty(
    await sideBySide(services, atOnce, async (service) => ({ service: service.key, tables: await filledNow(service, access) })),
  )
  for (const { key } of services) onProgress({ service: key, rows: 0, seconds: 0, step: 'waiting' })
  return sideBySide(services, atOnce, async (service): Promise<SeedResult> => {
    const about = { service: service.key, rows: 0, seconds: 0 }
    try {
      const seeded = await seedService(service, options)
      onProgress({ ...about, rows: seeded.rows, seconds: seeded.seconds, step: 'seeded' })
      return { service: service.key, state: 'seeded', ...seeded }
    } catch (error) {
      if (!(error instanceof OperationError)) throw error
      const { code, message: reason, hint } = error
      onProgress({ ...about, step: 'failed', reason })
      return { service: service.key, state: 'failed', code, reason, ...(hint === undefined ? {} : { hint }) }
    }
  })
}

async function filledNow(service: Service, access: FleetAccess): Promise<string[]> {
  const session = await access.server(service).catch((error: Error & { code?: string }) => {
    if (error instanceof OperationError || error.code === undefined) throw error
    throw new OperationError('server-unreachable', `the server of ${service.key} does not answer: ${error.message}`, undefined, error)
  })
  try {
    return await notEmpty(session, await filledTables(session, service))
  } finally {
    await session.end().catch(() => {})
  }
}

function mustAllBeEmpty(found: readonly { service: string; tables: readonly string[] }[]): void {
  const filled = found.filter(({ tables }) => tables.length > 0)
  if (filled.length === 0) return
  throw new OperationError(
    'seed-not-empty',
    ['there are rows already; nothing was written', ...filled.map(({ service, tables }) => `${service}: ${tables.join(', ')}`)].join('\n'),
    'Only empty tables are filled, and nothing is deleted for it.',
  )
}
