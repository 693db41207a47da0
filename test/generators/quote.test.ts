import { execFileSync } from 'node:child_process'
import fc from 'fast-check'
import { loadModule, parseSync } from 'libpg-query-17'
import { beforeAll, describe, expect, test } from 'vitest'
import * as quote from '../../generators/quote.ts'

beforeAll(() => loadModule())

const rows: [quoted: (text: string) => string, text: string, expected: string][] = [
  [quote.sqlIdentifier, 'orders', '"orders"'],
  [quote.sqlIdentifier, 'a"; DROP TABLE x; --', '"a""; DROP TABLE x; --"'],
  [quote.sqlLiteral, "it's", "'it''s'"],
  [quote.sqlLiteral, '', "''"],
  [quote.sqlLiteral, "\\'; SELECT 1; --", "E'\\\\''; SELECT 1; --'"],
  [quote.dollarQuote, 'SELECT 1', '$pgfleet$SELECT 1$pgfleet$'],
  [quote.dollarQuote, 'a $pgfleet$ b $pgfleet1', '$pgfleet2$a $pgfleet$ b $pgfleet1$pgfleet2$'],
  [quote.dollarQuote, 'ends in $pgfleet', '$pgfleet1$ends in $pgfleet$pgfleet1$'],
  [quote.sqlComment, 'sql/a.sql:1', '/* sql/a.sql:1 */'],
  [quote.sqlComment, 'a */ DROP TABLE x; /* b', '/* a * / DROP TABLE x; / * b */'],
  [quote.sqlComment, '*/*\n/', '/* * / * / */'],
  [quote.lineComment, 'one\ntwo\r\nthree\u2028four\0', 'one two three four'],
  [quote.lineComment, ' ends in \\', 'ends in \\.'],
  [quote.confValue, 'off', 'off'],
  [quote.confValue, '16MB', "'16MB'"],
  [quote.confValue, '0.9', '0.9'],
  [quote.confValue, '-1', '-1'],
  [quote.confValue, '0.25GB', "'0.25GB'"],
  [quote.confValue, '', "''"],
  [quote.confValue, "%m 'x' \\", "'%m ''x'' \\\\'"],
  [quote.confValue, "x\nfsync = off # '", "'x\\nfsync = off # '''"],
  [quote.confValue, 'scram-sha-256', "'scram-sha-256'"],
  [quote.hbaToken, 'all', '"all"'],
  [quote.hbaToken, 'a"b, c # d', '"a""b, c # d"'],
  [quote.hbaToken, '+group', '"+group"'],
  [quote.iniKey, 'treum_market-data.v2', 'treum_market-data.v2'],
  [quote.iniValue, 'DISCARD ALL; # no comment', 'DISCARD ALL; # no comment'],
  [quote.connectionValue, 'postgres-users', 'postgres-users'],
  [quote.connectionValue, "it's x=y", "'it''s x=y'"],
  [quote.shellWord, '--keep=30', "'--keep=30'"],
  [quote.shellWord, 'backup/daily', 'backup/daily'],
  [quote.shellWord, '', "''"],
  [quote.shellWord, "$(reboot) `x` 'y' ~", "'$(reboot) `x` '\\''y'\\'' ~'"],
  [quote.cronCommand, 'date +%F | mail \\% ops', 'date +\\%F | mail \\\\% ops'],
  [quote.composeText, 'a$b {$HOME} $$', 'a$$b {$$HOME} $$$$'],
  [quote.urlPart, 'a b/c?d#e@f:g%h', 'a%20b%2Fc%3Fd%23e%40f%3Ag%25h'],
  [quote.urlPart, "é'(*)!", '%C3%A9%27%28%2A%29%21'],
]

test.each(rows)('%o of %j', (quoted, text, expected) => expect(quoted(text)).toBe(expected))

const refused: [quoted: (text: string) => string, text: string][] = [
  [quote.sqlIdentifier, ''],
  [quote.sqlIdentifier, 'a\0b'],
  [quote.sqlLiteral, 'a\0b'],
  [quote.dollarQuote, 'a\0b'],
  [quote.confValue, 'a\0b'],
  [quote.hbaToken, '/^.*$'],
  [quote.hbaToken, ''],
  [quote.hbaToken, 'a\nhost all all all trust'],
  [quote.iniKey, 'a b'],
  [quote.iniKey, 'é'],
  [quote.iniKey, '*'],
  [quote.iniKey, '"a"'],
  [quote.iniValue, 'a\nauth_type = any'],
  [quote.iniValue, ' a'],
  [quote.connectionValue, ''],
  [quote.connectionValue, 'a\nb'],
  [quote.shellWord, 'a\0b'],
  [quote.cronCommand, 'true\n* * * * * root reboot'],
]

test.each(refused)('%o refuses %j', (quoted, text) => expect(() => quoted(text)).toThrow())

// Characters that mean something to one of the readers, between some that do not.
const hostile = fc.string({ unit: fc.constantFrom(...'ab $\'"\\/*-%;#\n\t{}()!`é', '$pgfleet', '$pgfleet$', '*/', '--'), maxLength: 30 })

describe("read back by PostgreSQL's own parser", () => {
  const selected = (sql: string) => parseSync(sql).stmts[0].stmt.SelectStmt.targetList
  const constant = (sql: string) => {
    const targets = selected(sql)
    expect(targets).toHaveLength(1)
    return targets[0].ResTarget.val.A_Const.sval.sval ?? ''
  }

  /** For every hostile text. */
  const always = (check: (text: string) => void) => fc.assert(fc.property(hostile, check))

  test('literals', () => {
    always((text) => {
      expect(constant(`SELECT ${quote.sqlLiteral(text)}`)).toBe(text)
    })
  })
  test('dollar quotes', () => {
    always((text) => {
      expect(constant(`SELECT ${quote.dollarQuote(text)}`)).toBe(text)
    })
  })
  test('identifiers', () => {
    always((text) => {
      fc.pre(text !== '' && Buffer.byteLength(text) < 64)
      expect(selected(`SELECT 1 AS ${quote.sqlIdentifier(text)}`)[0].ResTarget.name).toBe(text)
    })
  })
  test('comments hide nothing but themselves', () => {
    always((text) => {
      expect(selected(`SELECT 1, ${quote.sqlComment(text)} 2, -- ${quote.lineComment(text)}\n 3`)).toHaveLength(3)
    })
  })
})

test('shell words are read back by a shell', () => {
  const words = fc.sample(hostile, { numRuns: 200, seed: 1 })
  const printed = execFileSync('sh', ['-c', `printf '%s\\0' ${words.map(quote.shellWord).join(' ')}`], { encoding: 'utf8' })
  expect(printed.split('\0').slice(0, -1)).toEqual(words)
})

test('URL parts are read back by a URL parser', () =>
  fc.assert(
    fc.property(hostile, hostile, (user, database) => {
      const url = new URL(`postgresql://${quote.urlPart(user)}@h:1/${quote.urlPart(database)}`)
      expect([url.username, url.pathname.slice(1)].map(decodeURIComponent)).toEqual([user, database])
      expect(url.host).toBe('h:1')
    }),
  ))
