import { type AclEntry, compareAcl, entriesOf } from '../acl.ts'
import { type Check, type Outcome, rowsOf, type Subject } from '../check.ts'

type Row = { readonly table: string; readonly column: string; readonly actual: readonly AclEntry[]; readonly initial: readonly AclEntry[] }

/** PostgreSQL itself grants some columns of its own tables, and extensions may. */
const query = `
  SELECT nspname || '.' || relname AS table, attname AS column, ${entriesOf('attacl')} AS actual, ${entriesOf('initprivs')} AS initial
  FROM pg_attribute
  JOIN pg_class ON pg_class.oid = attrelid
  JOIN pg_namespace ON pg_namespace.oid = relnamespace
  LEFT JOIN pg_init_privs ON classoid = 'pg_class'::regclass AND objoid = attrelid AND objsubid = attnum
  WHERE attacl IS NOT NULL AND attacl IS DISTINCT FROM initprivs`

async function checkColumnGrants({ server }: Subject): Promise<Outcome> {
  const rows = await rowsOf<Row>(server, query)
  const findings = rows.flatMap(({ table, column, actual, initial }) =>
    compareAcl(`column ${table}.${column}`, { required: initial, allowed: [], actual }),
  )
  return { findings, figures: {} }
}

export const columnGrants: Check = {
  id: 'column-grants',
  title: 'nobody has privileges on single columns',
  help: 'apply',
  run: checkColumnGrants,
}
