import type pg from 'pg'

/** Everything that an init script may touch, without the numbers that objects have inside one server. Lists of privileges keep their order. */
const parts: Readonly<Record<string, string>> = {
  roles: `select rolname, rolsuper, rolinherit, rolcreaterole, rolcreatedb, rolcanlogin, rolreplication, rolbypassrls, rolconnlimit, rolpassword, rolvaliduntil from pg_authid`,
  memberships: `select roleid::regrole, to_jsonb(m) - 'oid' - 'roleid' - 'member' - 'grantor', member::regrole, grantor::regrole from pg_auth_members m`,
  parameters: `select setdatabase, setrole, setconfig from pg_db_role_setting`,
  databases: `select datname, datdba::regrole, datacl from pg_database`,
  schemas: `select nspname, nspowner::regrole, nspacl from pg_namespace where nspname !~ '^pg_(temp|toast_temp)_'`,
  relations: `select oid::regclass, relkind, relowner::regrole, relacl, relrowsecurity from pg_class where relnamespace <> 'pg_toast'::regnamespace`,
  columns: `select attrelid::regclass, attname, atttypid::regtype, attnotnull, attacl from pg_attribute join pg_class c on c.oid = attrelid where relnamespace <> 'pg_toast'::regnamespace`,
  indexes: `select indexrelid::regclass, pg_get_indexdef(indexrelid) from pg_index where indrelid::regclass::text not like 'pg_toast.%'`,
  constraints: `select conname, conrelid::regclass, pg_get_constraintdef(oid) from pg_constraint`,
  routines: `select oid::regprocedure, proowner::regrole, prosecdef, proconfig, prosrc, pg_get_function_sqlbody(oid), proacl from pg_proc`,
  types: `select oid::regtype, typowner::regrole, typacl from pg_type where typnamespace <> 'pg_toast'::regnamespace`,
  'default privileges': `select defaclrole::regrole, defaclnamespace::regnamespace, defaclobjtype, defaclacl from pg_default_acl`,
  'initial privileges': `select classoid::regclass, pg_identify_object(classoid, objoid, objsubid), initprivs from pg_init_privs`,
  extensions: `select extname, extowner::regrole, extnamespace::regnamespace, extversion from pg_extension`,
  policies: `select polrelid::regclass, polname, polroles::regrole[] from pg_policy`,
  triggers: `select tgrelid::regclass, tgname from pg_trigger where not tgisinternal`,
  comments: `select classoid::regclass, pg_identify_object(classoid, objoid, objsubid), description from pg_description where classoid <> 'pg_opclass'::regclass`,
  'shared comments': `select pg_identify_object(classoid, objoid, 0), description from pg_shdescription`,
  dependencies: `select deptype, refobjid::regrole, pg_identify_object(classid, objid, objsubid) from pg_shdepend where dbid in (0, (select oid from pg_database where datname = current_database()))`,
}

/** Rows as text, by part, sorted. */
export async function catalogue(client: pg.Client, schemas: readonly string[] = ['pgfleet']): Promise<Record<string, string[]>> {
  const found: Record<string, string[]> = {}
  const read = async (name: string, query: string) => {
    const { rows } = await client.query<{ row: string }>(`select r::text as row from (${query}) r order by 1`)
    found[name] = rows.map(({ row }) => row)
  }
  for (const [name, query] of Object.entries(parts)) await read(name, query)
  for (const schema of schemas) {
    const { rows } = await client.query<{ name: string }>(
      'select oid::regclass::text as name from pg_class where relkind = $1 and relnamespace = to_regnamespace($2)',
      ['r', client.escapeIdentifier(schema)],
    )
    for (const { name } of rows) await read(`rows of ${name}`, `select * from ${name}`)
  }
  return found
}
