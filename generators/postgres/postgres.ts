import type { Artifact } from '../../src/artifact.ts'
import type { Fleet } from '../../src/fleet/types.ts'
import type { Generator } from '../generator.ts'
import { accessRules, identityMap } from './access.ts'
import { serverSettings } from './settings.ts'

export const postgres: Generator = {
  name: 'postgres',
  summary: 'Configuration of each PostgreSQL server: postgresql.conf, pg_hba.conf, pg_ident.conf',
  *generate(fleet) {
    for (const service of fleet.services) yield* filesOf(fleet, service)
  },
}

function filesOf(fleet: Fleet, service: Fleet['services'][number]): Artifact[] {
  const folder = `infrastructure/postgres/${service.key}`
  const mode = 0o644
  return [
    { path: `${folder}/postgresql.conf`, kind: 'postgresql.conf', mode, content: serverSettings(service) },
    { path: `${folder}/pg_hba.conf`, kind: 'pg_hba.conf', mode, content: accessRules(fleet, service) },
    { path: `${folder}/pg_ident.conf`, kind: 'pg_ident.conf', mode, content: identityMap(fleet, service) },
  ]
}
