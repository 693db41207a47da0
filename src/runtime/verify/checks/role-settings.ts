import { extensionSchema, serviceSchemas } from '../../../fleet/database-names.ts'
import { serverRoles } from '../../../fleet/server-roles.ts'
import { type Check, type Outcome, rowsOf, type Subject } from '../check.ts'
import { compareMaps } from '../compare.ts'

type Row = { readonly role: string | null; readonly database: string | null; readonly config: readonly string[] }

const query = `
  SELECT rolname AS role, datname AS database, to_jsonb(setconfig) AS config
  FROM pg_db_role_setting
  LEFT JOIN pg_roles ON pg_roles.oid = setrole
  LEFT JOIN pg_database ON pg_database.oid = setdatabase`

async function checkRoleSettings({ service, server }: Subject): Promise<Outcome> {
  const rows = await rowsOf<Row>(server, query)
  const path = [...serviceSchemas(service), extensionSchema]
  const expected = new Map([
    [what('search_path', null, service.database), JSON.stringify(path)],
    ...serverRoles(service).flatMap(({ name: role, parameters }) =>
      Object.entries(parameters).map(([name, value]): [string, string] => [what(name, role, null), value]),
    ),
  ])
  const actual = new Map(
    rows.flatMap(({ role, database, config }) =>
      config.map((line): [string, string] => {
        const [name = '', value = ''] = line.split(/=(.*)/s)
        return [what(name, role, database), name === 'search_path' ? JSON.stringify(identifiers(value)) : value]
      }),
    ),
  )
  return { findings: compareMaps(expected, actual), figures: { parameters: actual.size } }
}

/** Of a role, of a database, or of a role in a database. */
const what = (parameter: string, role: string | null, database: string | null): string =>
  `${parameter} of ${[...(role === null ? [] : [`role ${role}`]), ...(database === null ? [] : [`database ${database}`])].join(' in ')}`

/** A list of identifiers as the server writes it: in quotes where they need them. */
const identifiers = (list: string): string[] =>
  [...list.matchAll(/"((?:[^"]|"")*)"|[^\s,]+/g)].map(([word, quoted]) => quoted?.replaceAll('""', '"') ?? word)

export const roleSettings: Check = {
  id: 'role-settings',
  title: 'roles and databases have the declared parameters, and no others',
  help: 'apply',
  run: checkRoleSettings,
}
