import type { RowPrivilege, SchemaOrTable } from '../../fleet/data-types.ts'
import { serviceSchemas } from '../../fleet/database-names.ts'
import { applicationMay, readableRelation } from '../../fleet/row-grants.ts'
import type { Role, Service } from '../../fleet/types.ts'
import type { Draft } from './draft.ts'
import { same } from './pairs.ts'
import type { ServiceScope } from './scope.ts'

const all: readonly RowPrivilege[] = ['SELECT', 'INSERT', 'UPDATE', 'DELETE']

/** What the application and the read-only roles gain and lose on rows of schemas that both sides have. */
export function privilegeChanges(scope: ServiceScope): Draft[] {
  const { before, after } = scope
  if (same(before.rowPrivileges, after.rowPrivileges) && same(before.readable, after.readable)) return []
  const schemas = serviceSchemas(before).filter((schema) => serviceSchemas(after).includes(schema))
  const named = new Map<string, SchemaOrTable>()
  for (const each of [before, after].flatMap(({ rowPrivileges, readable = [] }) => [...rowPrivileges, ...readable]))
    named.set(nameOf(each), each)
  for (const schema of schemas) named.set(schema, { schema, origin: [] })
  const objects = [...named.values()].filter(({ schema }) => schemas.includes(schema))
  return after.roles
    .filter(
      ({ name, kind }) => (kind === 'app' || kind === 'read-only') && before.roles.some((role) => role.name === name && role.kind === kind),
    )
    .flatMap((role) => roleChange(scope, role, objects))
}

function roleChange({ name, before, after }: ServiceScope, role: Role, objects: readonly SchemaOrTable[]): Draft[] {
  const differences = objects.map((object) => {
    const [old, now] = [before, after].map((service) => privilegesOn(service, role, object)) as [RowPrivilege[], RowPrivilege[]]
    return { object, gained: now.filter((each) => !old.includes(each)), lost: old.filter((each) => !now.includes(each)) }
  })
  // A table that goes with its schema is not told again.
  const told = differences.filter(
    ({ object, gained, lost }) =>
      gained.length + lost.length > 0 &&
      !(
        object.table !== undefined &&
        differences.some(
          (other) =>
            other.object.table === undefined &&
            other.object.schema === object.schema &&
            same(other.gained, gained) &&
            same(other.lost, lost),
        )
      ),
  )
  if (told.length === 0) return []
  const phrase = (which: 'gained' | 'lost') =>
    told.flatMap((each) => (each[which].length > 0 ? [`${each[which].join(', ')} on ${shown(each.object)}`] : [])).join('; ')
  const [gained, lost] = [phrase('gained'), phrase('lost')]
  const field = role.kind === 'app' ? ['app', 'privileges'] : ['readable']
  return [
    {
      target: `${name}/privilege/${role.name}`,
      area: 'privilege',
      kind: 'changed',
      service: after.key,
      subject: `privileges of ${role.name}`,
      note: [gained && `gains ${gained}`, lost && `loses ${lost}`].filter(Boolean).join('; '),
      effect: 'reload',
      on: [after.host],
      ...(gained ? { security: `${role.name} gains ${gained}` } : {}),
      at: { base: [...before.origin, ...field], head: [...after.origin, ...field] },
    },
  ]
}

function privilegesOn(service: Service, { kind }: Role, object: SchemaOrTable): RowPrivilege[] {
  if (kind === 'read-only') return readableRelation(service, object) ? ['SELECT'] : []
  return all.filter((privilege) => applicationMay(service, privilege, { schema: object.schema, table: object.table ?? '' }))
}

const nameOf = ({ schema, table }: SchemaOrTable) => (table === undefined ? schema : `${schema}.${table}`)
const shown = (object: SchemaOrTable) => (object.table === undefined ? `tables of ${object.schema}` : nameOf(object))
