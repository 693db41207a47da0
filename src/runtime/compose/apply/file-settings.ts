import type { Queryable } from '../../verify/verify-settings.ts'

/** A row of pg_file_settings that has an error, and the context of its setting, null for one that the server does not know. */
export type FileError = {
  readonly name: string | null
  readonly setting: string | null
  /** Null for a setting that is in no file any more and keeps its value until the server is started anew. */
  readonly sourcefile: string | null
  readonly sourceline: number | null
  readonly error: string
  readonly context: string | null
}

/** A setting that the next restart changes. */
export type PendingSetting = { readonly name: string; readonly running: string; readonly file: string }

/**
 * Mistakes in the configuration files as they are now: one of them keeps the server from taking any change. Each is `file:line: error`.
 * The views read the files without applying them. https://www.postgresql.org/docs/current/view-pg-file-settings.html
 */
export async function fileMistakes(client: Queryable): Promise<string[]> {
  const settings = await client.query(`
    select f.name, f.setting, f.sourcefile, f.sourceline, f.error, s.context
    from pg_file_settings f left join pg_settings s on lower(s.name) = lower(f.name)
    where f.error is not null order by f.seqno`)
  const access = await client.query(`
    select current_setting('hba_file') as file, line_number as line, error from pg_hba_file_rules where error is not null
    union all
    select current_setting('ident_file'), line_number, error from pg_ident_file_mappings where error is not null`)
  return [
    ...(settings.rows as FileError[])
      .filter((row) => !needsRestart(row))
      .map((row) => `${row.sourcefile}:${row.sourceline}: ${row.error}${row.name === null ? '' : ` (${row.name})`}`),
    ...(access.rows as { file: string; line: number; error: string }[]).map(({ file, line, error }) => `${file}:${line}: ${error}`),
  ]
}

/** The server uses the same words for a value that is wrong and for one that only a restart can change; one that was taken out has no place. */
export const needsRestart = ({ context, error, sourcefile }: Pick<FileError, 'context' | 'error' | 'sourcefile'>): boolean =>
  sourcefile === null || (context === 'postmaster' && error === 'setting could not be applied')

/** Settings whose new value waits for a restart, with the value that runs and the one in the file. */
export async function pendingSettings(client: Queryable): Promise<PendingSetting[]> {
  const { rows } = await client.query(`
    select s.name, current_setting(s.name) as running, coalesce(f.setting, 'its default') as file
    from pg_settings s
    left join lateral (
      select setting from pg_file_settings where lower(name) = lower(s.name) order by seqno desc limit 1
    ) f on true
    where s.pending_restart order by s.name`)
  return rows as PendingSetting[]
}
