import { notForPublic } from '../../../fleet/privileges.ts'
import { dataGrants } from '../../../fleet/row-grants.ts'
import { ownerOf } from '../../../fleet/server-roles.ts'
import { type AclEntry, compareAcl, entriesOf } from '../acl.ts'
import { type Check, type Outcome, rowsOf, type Subject } from '../check.ts'

type Kind = 'tables' | 'sequences' | 'routines' | 'types' | 'schemas' | 'large objects'

type Row = {
  readonly role: string
  /** Null: in all of them. */
  readonly schema: string | null
  readonly kind: Kind
  readonly actual: readonly AclEntry[]
  readonly initial: readonly AclEntry[]
}

/**
 * What a role's new objects get, where that was changed: in all schemas instead of what PostgreSQL itself gives, in one schema beside it.
 * For sequences acldefault() takes another letter than the catalogue has.
 */
const query = `
  SELECT pg_get_userbyid(defaclrole) AS role, nspname AS schema,
    CASE defaclobjtype WHEN 'r' THEN 'tables' WHEN 'S' THEN 'sequences' WHEN 'f' THEN 'routines' WHEN 'T' THEN 'types' WHEN 'n' THEN 'schemas' ELSE 'large objects' END AS kind,
    ${entriesOf('defaclacl')} AS actual,
    CASE WHEN defaclnamespace = 0 THEN ${entriesOf(`acldefault(CASE defaclobjtype WHEN 'S' THEN 's' ELSE defaclobjtype END, defaclrole)`)} ELSE '[]' END AS initial
  FROM pg_default_acl LEFT JOIN pg_namespace ON pg_namespace.oid = defaclnamespace`

async function checkDefaultPrivileges({ service, server }: Subject): Promise<Outcome> {
  const rows = await rowsOf<Row>(server, query)
  const owner = ownerOf(service)
  const place = (role: string, schema: string | null, kind: Kind) =>
    `default privileges of ${role} on ${kind}${schema === null ? '' : ` in ${schema}`}`
  const required = new Map<string, AclEntry[]>()
  for (const kind of notForPublic) required.set(place(owner, null, kind), [[owner, kind === 'types' ? 'USAGE' : 'EXECUTE', false]])
  for (const { privileges, on, schemas, role } of dataGrants(service))
    for (const schema of schemas) {
      const key = place(owner, schema, on)
      required.set(key, [...(required.get(key) ?? []), ...privileges.map((privilege): AclEntry => [role, privilege, false])])
    }
  const found = new Map(rows.map((row) => [place(row.role, row.schema, row.kind), row]))
  const findings = [...new Set([...required.keys(), ...found.keys()])].sort().flatMap((what) => {
    const row = found.get(what)
    const wanted = required.get(what) ?? row?.initial ?? []
    // Without a row PostgreSQL's own defaults hold: for routines and types something for everybody.
    const isForEverybody = notForPublic.find((kind) => what === place(owner, null, kind))
    const unchanged: AclEntry[] = isForEverybody ? [...wanted, [null, wanted[0]![1], false]] : []
    return compareAcl(what, { required: wanted, allowed: [], actual: row?.actual ?? unchanged })
  })
  return { findings, figures: { rows: rows.length } }
}

export const defaultPrivileges: Check = {
  id: 'default-privileges',
  title: 'what the owner makes from now on is granted as what is there, and nothing more',
  help: 'apply',
  run: checkDefaultPrivileges,
}
