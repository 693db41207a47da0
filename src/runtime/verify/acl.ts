// Lists of privileges as the catalogue has them, and what they should be.
import type { Grant } from '../../fleet/privileges.ts'
import type { Service } from '../../fleet/types.ts'
import type { Finding } from './check.ts'

/** `grantee` is null for PUBLIC. */
export type AclEntry = readonly [grantee: string | null, privilege: string, grantable: boolean]

export type AclObject = {
  readonly kind: string
  readonly schema: string | null
  /** A routine with the types of its arguments. */
  readonly name: string
  readonly actual: readonly AclEntry[]
  /** What its owner has, and nobody else. */
  readonly own: readonly AclEntry[]
  /** What it had from the beginning: from initdb, from its extension, or by default. */
  readonly initial: readonly AclEntry[]
  /** Whether it came with an extension or with another object. */
  readonly follows: boolean
}

/** SQL of the list of entries in an expression of type aclitem[]. */
export const entriesOf = (acl: string): string =>
  `(SELECT coalesce(jsonb_agg(jsonb_build_array(CASE WHEN grantee <> 0 THEN pg_get_userbyid(grantee) END, privilege_type, is_grantable)), '[]') FROM aclexplode(${acl}))`

/** SQL of a row of pg_proc as people name it: `total(integer, text)`. */
export const routineName =
  "proname || '(' || array_to_string(ARRAY(SELECT format_type(type, NULL) FROM unnest(proargtypes) WITH ORDINALITY a (type, n) ORDER BY n), ', ') || ')'"

/** The kinds of a catalogue that a grant names. */
const kinds: Readonly<Record<Grant['on']['kind'], string>> = {
  database: 'database',
  schemas: 'schema',
  tables: 'table',
  table: 'table',
  sequences: 'sequence',
  routines: 'routine',
  routine: 'routine',
}

/** Entries that the grants of a service add to an object. */
export function grantedEntries({ kind, schema, name }: AclObject, grants: readonly Grant[], { database }: Service): AclEntry[] {
  const meant = ({ on }: Grant): boolean => {
    if (kinds[on.kind] !== kind) return false
    if (on.kind === 'database') return name === database
    if (on.kind === 'table') return schema === on.schema && name === on.table
    if (on.kind === 'routine') return schema === on.schema && name.startsWith(`${on.name}(`)
    const place = on.kind === 'schemas' ? name : schema
    const isException = 'except' in on && on.except.some((one) => one.schema === schema && one.table === name)
    return place !== null && on.schemas.includes(place) && !isException
  }
  return grants
    .filter(meant)
    .flatMap(({ privileges, roles }) => roles.flatMap((role) => privileges.map((privilege): AclEntry => [role, privilege, false])))
}

/** Both directions: what must be there and is not, and what is there and may not be. */
export function compareAcl(
  what: string,
  { required, allowed, actual }: Record<'required' | 'allowed' | 'actual', readonly AclEntry[]>,
): Finding[] {
  const keys = (entries: readonly AclEntry[]) => new Map(entries.map((entry) => [JSON.stringify(entry), entry]))
  const [must, may, has] = [keys(required), keys(allowed), keys(actual)]
  const missing = [...must].filter(([key]) => !has.has(key)).map(([, entry]) => entry)
  const extra = [...has].filter(([key]) => !must.has(key) && !may.has(key)).map(([, entry]) => entry)
  const grantees = [...new Set([...missing, ...extra].map(([grantee]) => grantee))]
  const text = (entries: readonly AclEntry[], grantee: string | null) =>
    entries
      .filter(([who]) => who === grantee)
      .map(([, privilege, grantable]) => `${privilege}${grantable ? ' WITH GRANT OPTION' : ''}`)
      .sort()
      .join(', ') || 'nothing'
  return grantees.map((grantee) => ({
    what: `${what}: privileges of ${grantee ?? 'PUBLIC'}`,
    expected: text(required, grantee),
    actual: text(actual, grantee),
  }))
}
