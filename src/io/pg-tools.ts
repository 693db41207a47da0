// PostgreSQL's own programs for backups. They get no argument and no variable that is secret: the password is in a password file.
import { spawn } from 'node:child_process'
import { OperationError } from './operation-error.ts'
import type { Login } from './passfile.ts'

export type PgTools = {
  /** Where the programs are looked for. */
  readonly path: string
  readonly signal: AbortSignal
}

/** What a client proves itself with, and what the server must: a password file, and the certificate of the authority. */
export type ClientFiles = { readonly passfile: string; readonly authority: string }

/**
 * Writes the database into a new folder, in pg_dump's directory format, from one snapshot. It comes over TLS, from a server whose
 * certificate names its host. https://www.postgresql.org/docs/current/app-pgdump.html
 */
export async function pgDump(login: Login, files: ClientFiles, folder: string, tools: PgTools): Promise<void> {
  const { host, port, database, user } = login
  const variables = {
    PGHOST: host,
    PGPORT: String(port),
    // As a variable, because an argument with an equals sign would be taken for a connection string.
    PGDATABASE: database,
    PGUSER: user,
    PGPASSFILE: files.passfile,
    PGSSLMODE: 'verify-full',
    PGSSLROOTCERT: files.authority,
    PGSSLMINPROTOCOLVERSION: 'TLSv1.3',
    PGREQUIREAUTH: 'scram-sha-256',
    PGCHANNELBINDING: 'require',
    PGCONNECT_TIMEOUT: '10',
    PGAPPNAME: 'pgfleet backup',
  }
  // As many connections as the role may have: one that leads, two that copy.
  const args = ['--format=directory', '--jobs=2', '--compress=zstd:3', '--no-password', '--lock-wait-timeout=60s', `--file=${folder}`]
  await run('pg_dump', args, variables, tools)
}

/** What an archive says of itself. */
export type Archive = { readonly database: string; readonly server: string; readonly client: string; readonly entries: number }

/** Reads the table of contents of an archive with the program that would restore it. */
export async function pgRestoreList(folder: string, tools: PgTools): Promise<Archive> {
  const text = await run('pg_restore', ['--list', folder], {}, tools)
  const field = (name: string) => new RegExp(`^; +${name}: (.*)$`, 'm').exec(text)?.[1] ?? ''
  return {
    database: field('dbname'),
    server: field('Dumped from database version'),
    client: field('Dumped by pg_dump version'),
    entries: Number(field('TOC Entries')),
  }
}

const keptLines = 10

function run(program: string, args: readonly string[], variables: Readonly<Record<string, string>>, tools: PgTools): Promise<string> {
  const { path, signal } = tools
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      env: { PATH: path, LC_ALL: 'C.UTF-8', ...variables },
      stdio: ['ignore', 'pipe', 'pipe'],
      signal,
    })
    let out = ''
    let complaint = ''
    child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text))
    child.stderr.setEncoding('utf8').on(
      'data',
      (text: string) =>
        (complaint = (complaint + text)
          .split('\n')
          .slice(-keptLines - 1)
          .join('\n')),
    )
    let failure: NodeJS.ErrnoException | undefined
    child.on('error', (error: NodeJS.ErrnoException) => {
      failure = error
      // A program that did not start does not end, either.
      if (child.pid === undefined) reject(notStarted(program, error))
    })
    child.on('close', (code, by) => {
      if (failure && signal.aborted) reject(new OperationError('interrupted', `${program} was stopped`))
      else if (code === 0) resolve(out)
      else reject(failed(program, code ?? by ?? '', complaint.trim()))
    })
  })
}

const notStarted = (program: string, error: NodeJS.ErrnoException): OperationError =>
  new OperationError(
    'pg-tools-missing',
    error.code === 'ENOENT' ? `there is no program ${program} here` : `${program} does not start: ${error.message}`,
    "Install PostgreSQL's client programs, of the newest major in use.",
    error,
  )

function failed(program: string, how: number | string, complaint: string): OperationError {
  if (/No space left on device|Disk quota exceeded/i.test(complaint))
    return new OperationError('disk-full', `${program} found no space left: ${complaint}`, 'Free some, or keep fewer backups.')
  return new OperationError(program.replace('_', '-'), `${program} failed (${how})${complaint ? `: ${complaint}` : ''}`)
}
