// Who may do what with rows, as services.yaml says it.
import type { Service as ServiceConfig } from '../../schema/services.ts'
import type { Path } from '../diagnostic.ts'
import type { Reference, RowPrivilege, RowPrivileges, SchemaOrTable } from './data-types.ts'

/** `schema` or `schema.table`; the schema of the configuration file has refused other forms. */
function schemaOrTable(name: string, origin: Path): SchemaOrTable {
  const [schema = '', table] = name.split('.')
  return { schema, ...(table === undefined ? {} : { table }), origin }
}

export const rowPrivilegesOf = (config: ServiceConfig, origin: Path): RowPrivileges[] =>
  Object.entries(config.app?.privileges ?? {}).map(([name, privileges]) => ({
    ...schemaOrTable(name, [...origin, 'app', 'privileges', name]),
    privileges: privileges.map((privilege) => privilege.toUpperCase() as RowPrivilege),
  }))

export const readableOf = ({ readable }: ServiceConfig, origin: Path): SchemaOrTable[] | undefined =>
  readable?.map((name, index) => schemaOrTable(name, [...origin, 'readable', index]))

export const referencesOf = (config: ServiceConfig, origin: Path): Reference[] =>
  Object.entries(config.references ?? {}).map(([name, target]) => {
    const colon = target.indexOf(':')
    return {
      ...column(name),
      service: target.slice(0, colon),
      target: column(target.slice(colon + 1)),
      origin: [...origin, 'references', name],
    }
  })

/** `schema.table.column` */
function column(name: string) {
  const [schema = '', table = '', column = ''] = name.split('.')
  return { schema, table, column }
}
