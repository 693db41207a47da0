// Every kind of artifact read back, by the rules of the program that reads it. A reader throws on what that program would refuse.
import { loadModule, parseSync } from 'libpg-query-17'
import type { ArtifactKind } from '../src/artifact.ts'
import { readCompose, readCrontab, readDockerfile, readEnv, readShell } from './readers-of-containers.ts'

await loadModule()

/** Settings by name. https://www.postgresql.org/docs/current/config-setting.html and src/backend/utils/misc/guc-file.l */
export function readConf(text: string): Map<string, { value: string; comment: string }> {
  const settings = new Map<string, { value: string; comment: string }>()
  const bare = /[+-]?[0-9]+[a-zA-Z]*|[+-]?[0-9]*\.[0-9]*(?:[eE][+-]?[0-9]+)?|[a-zA-Z_][a-zA-Z0-9_.:/-]*/
  const form = new RegExp(`^\\s*([A-Za-z_][\\w.]*)\\s*=?\\s*('(?:[^'\\\\]|\\\\.|'')*'|${bare.source})\\s*(?:#(.*))?$`)
  for (const line of text.split('\n')) {
    if (/^\s*(#.*)?$/.test(line)) continue
    const [, name, value, comment = ''] = form.exec(line) ?? []
    if (name === undefined || value === undefined) throw new Error(`syntax error: ${line}`)
    if (settings.has(name)) throw new Error(`set twice: ${name}`)
    settings.set(name, { value: value.startsWith("'") ? unescaped(value.slice(1, -1)) : value, comment: comment.trim() })
  }
  return settings
}

const escapes: Readonly<Record<string, string>> = { b: '\b', f: '\f', n: '\n', r: '\r', t: '\t' }
const unescaped = (text: string): string =>
  text.replace(/''|\\(.)/g, (_, char?: string) => (char === undefined ? "'" : (escapes[char] ?? char)))

export type HbaToken = { text: string; quoted: boolean }

/** Lines of pg_hba.conf and pg_ident.conf as tokens: src/backend/libpq/hba.c, next_token(). */
export function readHba(text: string): HbaToken[][] {
  const joined = text.replace(/\\\n/g, '')
  return joined.split('\n').flatMap((line) => {
    const code = /^(?:"[^"]*"|[^"#])*/.exec(line)?.[0] ?? ''
    const tokens = [...code.matchAll(/(?:"[^"]*"|[^\s",])+/g)].map(([token]) => ({
      text: token.replace(/^"|"$/g, '').replaceAll('""', '"'),
      quoted: token.startsWith('"'),
    }))
    return tokens.length > 0 ? [tokens] : []
  })
}

/** Sections of pgbouncer.ini; lines before the first are in section ''. There are no comments behind values: lib/usual/cfparser.c */
export function readIni(text: string): Record<string, Record<string, string>> {
  const sections: Record<string, Record<string, string>> = {}
  let section = ''
  for (const line of text.split('\n').map((line) => line.trim())) {
    if (line === '' || /^[;#]/.test(line)) continue
    const [, header] = /^\[(.+)\]$/.exec(line) ?? []
    const [, name, value] = /^(%include)\s+(.+)$/.exec(line) ?? /^([A-Za-z0-9_.*-]+)\s*=\s*(.*)$/.exec(line) ?? []
    if (header !== undefined) section = header
    else if (name === undefined || value === undefined) throw new Error(`syntax error: ${line}`)
    else if (sections[section]?.[name] !== undefined) throw new Error(`set twice: ${name}`)
    else sections[section] = { ...sections[section], [name]: value }
  }
  return sections
}

/** Pairs of a connection string: a line of [databases] or [users]. */
export function readConnectionString(text: string): Record<string, string> {
  const pairs = [...text.matchAll(/\s*([a-z_]+)\s*=\s*(?:'((?:[^']|'')+)'|([^\s']\S*))/gy)]
  if (pairs.map(([pair]) => pair).join('') !== text) throw new Error(`syntax error: ${text}`)
  return Object.fromEntries(pairs.map(([, name, quoted, bare]) => [name, quoted?.replaceAll("''", "'") ?? bare]))
}

/** Statements by kind and text, as PostgreSQL's own parser splits them. */
export function readSql(text: string): { kind: string; text: string }[] {
  const bytes = Buffer.from(text)
  const { stmts } = parseSync(text) as { stmts: { stmt: object; stmt_location?: number; stmt_len?: number }[] }
  return stmts.map(({ stmt, stmt_location: start = 0, stmt_len: length }) => ({
    kind: Object.keys(stmt)[0] ?? '',
    text: bytes
      .subarray(start, length === undefined ? undefined : start + length)
      .toString()
      .trim(),
  }))
}

export const readers: Record<ArtifactKind, (text: string) => unknown> = {
  'postgresql.conf': readConf,
  'pg_hba.conf': readHba,
  'pg_ident.conf': readHba,
  ini: readIni,
  sql: readSql,
  compose: readCompose,
  dockerfile: readDockerfile,
  shell: readShell,
  crontab: readCrontab,
  env: readEnv,
  json: JSON.parse,
}
