import { extensionSchema } from '../../../fleet/database-names.ts'
import { type Check, type Finding, type Outcome, rowsOf, type Subject } from '../check.ts'
import { absent } from '../compare.ts'

type Installed = {
  readonly name: string
  readonly schema: string
  /** The one schema that its control file allows. */
  readonly fixed: string | null
  readonly requires: readonly string[]
}

/** Every database has it from initdb. */
const fromInitdb = 'plpgsql'

async function checkExtensions({ service, server }: Subject): Promise<Outcome> {
  const rows = await rowsOf<Installed>(
    server,
    `SELECT extname AS name, extnamespace::regnamespace::text AS schema, v.schema AS fixed, coalesce(to_jsonb(v.requires), '[]') AS requires
     FROM pg_extension LEFT JOIN pg_available_extension_versions v ON v.name = extname AND v.version = extversion`,
  )
  const installed = new Map(rows.map((row) => [row.name, row]))
  const wanted = withRequired(
    service.extensions.map(({ name }) => name),
    installed,
  )
  const findings = [...new Set([...wanted, ...installed.keys()])].sort().flatMap((name): Finding[] => {
    const found = installed.get(name)
    const what = `extension ${name}`
    if (!found) return [{ what, expected: `installed in ${extensionSchema}`, actual: absent, help: 'apply' }]
    if (name === fromInitdb) return []
    if (!wanted.has(name)) return [{ what, expected: absent, actual: `installed in ${found.schema}` }]
    const expected = found.fixed ?? extensionSchema
    return found.schema === expected ? [] : [{ what, expected: `in schema ${expected}`, actual: `in schema ${found.schema}` }]
  })
  return { findings, figures: { extensions: installed.size } }
}

/** What is declared and what that needs: CREATE EXTENSION ... CASCADE makes both. */
function withRequired(names: readonly string[], installed: ReadonlyMap<string, Installed>): Set<string> {
  const all = new Set(names)
  for (const name of all) for (const required of installed.get(name)?.requires ?? []) all.add(required)
  return all
}

export const extensions: Check = {
  id: 'extensions',
  title: 'the declared extensions are installed where they belong, and no others',
  help: 'declare it under `extensions`, or take it back by hand: DROP EXTENSION, ALTER EXTENSION ... SET SCHEMA',
  run: checkExtensions,
}
