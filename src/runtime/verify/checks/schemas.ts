import { extensionSchema, fleetSchema, serviceSchemas } from '../../../fleet/database-names.ts'
import { ownerOf, superuserRole } from '../../../fleet/server-roles.ts'
import type { Service } from '../../../fleet/types.ts'
import { type Check, type Finding, type Outcome, rowsOf, type Subject } from '../check.ts'
import { absent } from '../compare.ts'

/** Schemas but those of the system and those that extensions made; and the database itself. */
const query = `
  SELECT nspname AS name, pg_get_userbyid(nspowner) AS owner
  FROM pg_namespace
  WHERE nspname !~ '^pg_' AND nspname <> 'information_schema'
    AND NOT EXISTS (SELECT FROM pg_depend WHERE classid = 'pg_namespace'::regclass AND objid = pg_namespace.oid AND deptype = 'e')`

async function checkSchemas({ service, server }: Subject): Promise<Outcome> {
  const rows = await rowsOf<{ name: string; owner: string }>(server, query)
  const [database] = await rowsOf<{ owner: string }>(
    server,
    'SELECT pg_get_userbyid(datdba) AS owner FROM pg_database WHERE datname = current_database()',
  )
  const found = new Map(rows.map(({ name, owner }) => [name, owner]))
  const { required, allowed } = schemasOf(service)
  const names = [...new Set([...required.keys(), ...found.keys()])].sort()
  const findings = names.flatMap((name): Finding[] => {
    const what = `schema ${name}`
    const [wanted, owner] = [required.get(name) ?? allowed.get(name), found.get(name)]
    if (owner === undefined) return [{ what, expected: `owned by ${wanted}`, actual: absent, help: 'apply' }]
    if (wanted === undefined)
      return [{ what, expected: absent, actual: `owned by ${owner}`, help: 'drop it in a migration, or declare it under `schemas`' }]
    return wanted === owner ? [] : [{ what, expected: `owned by ${wanted}`, actual: `owned by ${owner}` }]
  })
  const owner = ownerOf(service)
  if (database && database.owner !== owner)
    findings.push({ what: `database ${service.database}`, expected: `owned by ${owner}`, actual: `owned by ${database.owner}` })
  return { findings, figures: { schemas: rows.length } }
}

/** Their owners by their names: those that must be there, and those that may. */
function schemasOf(service: Service): { required: ReadonlyMap<string, string>; allowed: ReadonlyMap<string, string> } {
  const owner = ownerOf(service)
  const made = service.migrations.flatMap(({ statements }) => statements.flatMap(({ schemas }) => schemas.makes))
  return {
    required: new Map([
      [fleetSchema, superuserRole],
      [extensionSchema, superuserRole],
      ...serviceSchemas(service).map((name) => [name, owner] as const),
    ]),
    // A service that has schemas of its own may have dropped this one.
    allowed: new Map([['public', 'pg_database_owner'], ...made.map((name) => [name, owner] as const)]),
  }
}

export const schemas: Check = {
  id: 'schemas',
  title: 'the declared schemas are there and belong to whom they should, and there are no others',
  help: 'apply',
  run: checkSchemas,
}
