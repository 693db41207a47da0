// The database of one service of this repository's fleet on a real server, made by its init script.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import type pg from 'pg'
import { parse, stringify } from 'yaml'
import type { Service } from '../../src/fleet/types.ts'
import type { SeedRange } from '../../src/runtime/seed/prelude.ts'
import { seedService } from '../../src/runtime/seed/seed-service.ts'
import { testDatabase } from './database.ts'

/** owner: as the migrator, who acts as the owner; app: the role of the application. */
export type Who = 'owner' | 'app' | 'analytics' | 'superuser'

export type ServiceDatabase = {
  readonly service: Service
  readonly connect: (who?: Who) => Promise<pg.Client>
  /** Runs the seed files, and updates the statistics. Data ends at `until`. */
  readonly seed: (scale: number, until?: string) => Promise<void>
  /** Runs the init script again, with all migrations: what was left out is applied now. */
  readonly applyAll: () => Promise<void>
  readonly close: () => Promise<void>
}

/** Data ends here, so that tests need no clock. */
export const seedUntil = '2026-01-01T00:00:00Z'

/** `without`: files that are not there yet. */
export async function serviceDatabase(key: string, { without = [] as readonly string[] } = {}): Promise<ServiceDatabase> {
  const database = await testDatabase()
  try {
    const service = await database.resolve(onlyService(key), migrations(key, without))
    await database.apply(service)
    const connect = (who: Who = 'app') => database.connect(service, roleOf(service, who))
    return {
      service,
      connect,
      seed: (scale, until = seedUntil) => seed({ service, connect }, { scale, until }),
      applyAll: async () => database.apply(await database.resolve(onlyService(key), migrations(key, []))),
      close: database.close,
    }
  } catch (error) {
    await database.close()
    throw error
  }
}

/** The others would have to be correct, too. */
function onlyService(key: string): string {
  const { services, applications: _, ...rest } = parse(readFileSync('services.yaml', 'utf8'))
  const { references: _others, ...service } = services[key]
  const seed = seedFiles(key).length > 0 ? { seed: `seed/${key}` } : {}
  return stringify({ ...rest, services: { [key]: { ...service, ...seed } } })
}

function migrations(key: string, without: readonly string[]): Record<string, string> {
  const names = readdirSync(`sql/${key}`).filter((name) => name.endsWith('.sql') && !without.includes(name))
  const paths = [...names.map((name) => `sql/${key}/${name}`), ...seedFiles(key)]
  return Object.fromEntries(paths.map((path) => [path, readFileSync(path, 'utf8')]))
}

function seedFiles(key: string): string[] {
  const folder = `seed/${key}`
  const names = existsSync(folder) ? readdirSync(folder).sort() : []
  return names.map((name) => `${folder}/${name}`)
}

function roleOf({ roles }: Service, who: Who): string {
  if (who === 'superuser') return 'postgres'
  const kind = { owner: 'migrator', app: 'app', analytics: 'read-only' }[who]
  return roles.find((role) => role.kind === kind)!.name
}

async function seed({ service, connect }: Pick<ServiceDatabase, 'service' | 'connect'>, range: SeedRange): Promise<void> {
  const server = async () => {
    const client = await connect('superuser')
    const execute = async (statement: string) => (await client.query(statement)).rowCount ?? 0
    return { query: (text: string) => client.query(text), execute, end: () => client.end() }
  }
  const access = { server, pooler: 'there is no pooler here' }
  await seedService(service, { access, range, signal: new AbortController().signal, onProgress: () => {} })
}
