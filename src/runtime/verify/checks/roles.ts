import { fleetSchema } from '../../../fleet/database-names.ts'
import { bypassesRowSecurity, type ServerRole, serverRoles, superuserRole } from '../../../fleet/server-roles.ts'
import { type Check, type Finding, type Outcome, rowsOf, type Subject } from '../check.ts'
import { absent } from '../compare.ts'

/** A role by what may be said of it: its password only by its kind. */
type Facts = {
  readonly attributes: string
  readonly 'connection limit': string
  readonly 'valid until': string
  readonly password: string
}

type Row = {
  readonly name: string
  readonly attributes: readonly string[]
  readonly limit: number
  readonly until: string | null
  readonly password: string
}

/** The verifier is looked at by the server and stays there. 4096 rounds and 16 bytes of salt: what pgfleet makes. */
const query = `
  SELECT rolname AS name, rolconnlimit AS limit, nullif(rolvaliduntil, 'infinity')::text AS until,
    to_jsonb(array_remove(ARRAY[
      CASE WHEN rolsuper THEN 'SUPERUSER' END, CASE WHEN rolcreatedb THEN 'CREATEDB' END, CASE WHEN rolcreaterole THEN 'CREATEROLE' END,
      CASE WHEN rolreplication THEN 'REPLICATION' END, CASE WHEN NOT rolinherit THEN 'NOINHERIT' END, CASE WHEN rolcanlogin THEN 'LOGIN' END,
      CASE WHEN rolbypassrls THEN 'BYPASSRLS' END
    ], NULL)) AS attributes,
    CASE
      WHEN rolpassword IS NULL THEN 'none'
      WHEN rolpassword ~ '^SCRAM-SHA-256[$]4096:[A-Za-z0-9+/]{22}==[$][A-Za-z0-9+/]{43}=:[A-Za-z0-9+/]{43}=$' THEN 'SCRAM-SHA-256'
      WHEN rolpassword ~ '^SCRAM-SHA-256[$]' THEN 'SCRAM-SHA-256 of another form'
      WHEN rolpassword ~ '^md5' THEN 'MD5'
      ELSE 'of another kind'
    END AS password
  FROM pg_authid WHERE rolname !~ '^pg_' OR oid >= 16384`

async function checkRoles({ service, server }: Subject): Promise<Outcome> {
  const rows = new Map((await rowsOf<Row>(server, query)).map((row) => [row.name, row]))
  const expected = new Map(serverRoles(service).map((role) => [role.name, factsOf(role)]))
  expected.set(superuserRole, superuser)
  for (const name of await retiredRoles({ server })) if (!expected.has(name) && rows.has(name)) expected.set(name, retired)
  const names = [...new Set([...expected.keys(), ...rows.keys()])].sort()
  const findings = names.flatMap((name): Finding[] => {
    const [wanted, row] = [expected.get(name), rows.get(name)]
    if (!row) return [{ what: `role ${name}`, expected: wanted!.attributes, actual: absent }]
    const found = factsOfRow(row)
    if (!wanted) return [{ what: `role ${name}`, expected: absent, actual: found.attributes, help: 'drop it, or declare it under `roles`' }]
    return differences(name, wanted, found)
  })
  return { findings, figures: { roles: rows.size } }
}

/** Roles that services.yaml no longer has: the init script keeps them, without anything. */
async function retiredRoles({ server }: Pick<Subject, 'server'>): Promise<string[]> {
  const [ledger] = await rowsOf<{ found: boolean }>(server, `SELECT to_regclass('${fleetSchema}.roles') IS NOT NULL AS found`)
  if (!ledger?.found) return []
  const rows = await rowsOf<{ name: string }>(server, `SELECT name FROM ${fleetSchema}.roles WHERE kind = 'retired'`)
  return rows.map(({ name }) => name)
}

const byHand = (until: string) => (until === 'ever' ? {} : { help: "ALTER ROLE ... VALID UNTIL 'infinity'" })

function differences(name: string, wanted: Facts, found: Facts): Finding[] {
  return (Object.keys(wanted) as (keyof Facts)[])
    .filter((fact) => wanted[fact] !== found[fact])
    .map((fact) => ({
      what: `${fact} of role ${name}`,
      expected: wanted[fact],
      actual: found[fact],
      ...(fact === 'valid until' ? byHand(found[fact]) : {}),
    }))
}

const factsOf = (role: ServerRole): Facts => ({
  attributes: attributeText([...(role.login ? ['LOGIN'] : []), ...(bypassesRowSecurity(role) ? ['BYPASSRLS'] : [])]),
  'connection limit': limitText(role.connections ?? -1),
  'valid until': 'ever',
  password: role.authentication === 'password' ? 'SCRAM-SHA-256' : 'none',
})

const factsOfRow = ({ attributes, limit, until, password }: Row): Facts => ({
  attributes: attributeText(attributes),
  'connection limit': limitText(limit),
  'valid until': until ?? 'ever',
  password,
})

const attributeText = (attributes: readonly string[]): string => (attributes.length > 0 ? attributes.join(' ') : 'no attributes')
const limitText = (limit: number): string => (limit < 0 ? 'none' : String(limit))

/** As initdb makes it. */
const superuser: Facts = {
  attributes: 'SUPERUSER CREATEDB CREATEROLE REPLICATION LOGIN BYPASSRLS',
  'connection limit': 'none',
  'valid until': 'ever',
  password: 'none',
}

const retired: Facts = { attributes: 'no attributes', 'connection limit': '0', 'valid until': 'ever', password: 'none' }

export const roles: Check = {
  id: 'roles',
  title: 'the declared roles are there with their attributes and kinds of password, and no others',
  help: 'apply',
  run: checkRoles,
}
