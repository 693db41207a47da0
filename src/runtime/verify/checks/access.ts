import { type Check, type Outcome, rowsOf, type Subject } from '../check.ts'

type Line = { readonly file: string; readonly line: number; readonly error: string | null }

/** One line with an error, and the server goes on with the rules that it had before. */
async function checkAccess({ server }: Subject): Promise<Outcome> {
  const lines = await rowsOf<Line>(
    server,
    `SELECT 'pg_hba.conf' AS file, line_number AS line, error FROM pg_hba_file_rules
     UNION ALL SELECT 'pg_ident.conf', line_number, error FROM pg_ident_file_mappings`,
  )
  const findings = lines
    .filter(({ error }) => error !== null)
    .map(({ file, line, error }) => ({ what: `${file}:${line}`, expected: 'a line that the server takes', actual: String(error) }))
  return { findings, figures: { lines: lines.length } }
}

export const access: Check = {
  id: 'access-rules',
  title: 'pg_hba.conf and pg_ident.conf have no line that the server refuses',
  help: 'run `pgfleet generate` and reload the server',
  run: checkAccess,
}
