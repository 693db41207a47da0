import fc from 'fast-check'
import { describe, expect, test, vi } from 'vitest'
import packageJson from '../../package.json' with { type: 'json' }
import { sha256 } from '../../src/sha256.ts'
import { memoryCache, parseCall, parseSql, type SqlCache } from '../../src/source/sql.ts'
import { parserVersions } from '../../src/source/sql-parser.ts'

const cache = memoryCache()
const parse = (text: string, major = 17) => parseSql('0001-a.sql', text, major, cache)

/** `line:col text` of each statement. */
const split = async (text: string, major = 17): Promise<string[]> =>
  (await parse(text, major)).statements.map((statement) => `${statement.at.start.line}:${statement.at.start.col} ${statement.text}`)

describe.each([15, 16, 17, 18])('PostgreSQL %i splits', (major) => {
  test.each([
    ['statements', 'SELECT 1; SELECT 2;', ['1:1 SELECT 1', '1:11 SELECT 2']],
    ['a last statement without a semicolon', 'SELECT 1;\nSELECT 2\n', ['1:1 SELECT 1', '2:1 SELECT 2']],
    ['away comments before a statement', '-- one\n/* two /* nested */ */ SELECT 1 /* stays */ + 1 ;', ['2:24 SELECT 1 /* stays */ + 1']],
    ['no empty statements', ';;SELECT 1;; ;', ['1:3 SELECT 1']],
    ['characters, not bytes', "SELECT 'é日😀'; SELECT 'ü'; SELECT 3", ["1:1 SELECT 'é日😀'", "1:15 SELECT 'ü'", '1:27 SELECT 3']],
    [
      'not inside quotes',
      `SELECT ';', $$;$$, $a$ ; $$ ; $a$, E'\\';', ";" FROM t; SELECT 2`,
      [`1:1 SELECT ';', $$;$$, $a$ ; $$ ; $a$, E'\\';', ";" FROM t`, '1:56 SELECT 2'],
    ],
    [
      'not inside a function body',
      'CREATE FUNCTION f() RETURNS int BEGIN ATOMIC; SELECT 1; SELECT 2; END; SELECT 3',
      ['1:1 CREATE FUNCTION f() RETURNS int BEGIN ATOMIC; SELECT 1; SELECT 2; END', '1:72 SELECT 3'],
    ],
    ['Windows line ends', 'SELECT 1;\r\nSELECT 2;\r\n', ['1:1 SELECT 1', '2:1 SELECT 2']],
    ['behind a byte order mark', '\ufeffSELECT 1;', ['1:1 SELECT 1']],
    ['nothing', ' \n-- only a comment\n', []],
  ])('%s', async (_, text, expected) => {
    expect(await split(text, major)).toEqual(expected)
  })
})

describe('mistakes are shown where they are', () => {
  test.each([
    ['a misspelt keyword', 'SELECT 1;\nSELCT 2;', '2:1-2:6 syntax error at or near "SELCT"'],
    ['behind characters of several bytes', "SELECT 'é日😀' FROM FROM", '1:19-1:23 syntax error at or near "FROM"'],
    ['an end too early', 'SELECT 1 +\n\n', '1:11-1:11 syntax error at end of input'],
    ['a quote that is never closed', "SELECT 'a\nb", '1:8-1:10 unterminated quoted string at or near "\'a…"'],
    ['a command of psql', 'SELECT 1;\n\\i other.sql\n', '2:1-2:2 syntax error at or near "\\": \\i is a command of psql, not SQL'],
    [
      'a variable of psql',
      "SELECT :'name'",
      '1:8-1:9 syntax error at or near ":": variables such as :\'name are a feature of psql, write the value itself',
    ],
    [
      'rows of COPY',
      'COPY t FROM stdin;\n1\tx\n\\.\n',
      '2:1-2:2 syntax error at or near "1": rows of COPY ... FROM STDIN cannot stand in a migration, use INSERT',
    ],
    ['a character that C ends at', "SELECT 'a\0'; DROP TABLE t", '1:10-1:11 SQL cannot contain the character U+0000'],
    ['only a space that is none to SQL', '\u00a0', '1:1-1:2 syntax error at a space that is not one of SQL'],
    ['an expression deeper than the stack', `SELECT ${'1+'.repeat(20_000)}1`, '1:1-1:2 an expression is nested too deeply for the parser'],
  ])('%s', async (_, text, expected) => {
    const { statements, error } = await parse(text)
    const { start, end } = error!.at
    expect(`${start.line}:${start.col}-${end.line}:${end.col} ${error!.message}`).toBe(expected)
    expect(statements).toEqual([])
  })

  test('each major has its own grammar', async () => {
    const text = 'ALTER TABLE t ADD CONSTRAINT c NOT NULL a NO INHERIT;'
    expect((await parse(text, 17)).error?.message).toBe('syntax error at or near "NOT"')
    expect((await parse(text, 18)).error).toBeUndefined()
  })
})

test('splitting loses nothing but blanks, comments and semicolons', async () => {
  const statement = fc.constantFrom(
    "SELECT 'é;😀'",
    'SELECT $$;$$',
    'SELECT 1 /* ; */',
    'CREATE TABLE "日;" (a int)',
    "SELECT E'\\';'",
    'VACUUM',
    "SELECT '\u00a0'",
    'CREATE FUNCTION f() RETURNS int BEGIN ATOMIC; SELECT 1; END',
  )
  const gap = fc.constantFrom(';', ';\n', '; -- é ;\n', ';/* 😀 ; /* ; */ */', ';;\r\n', ';\t\f', ' ;')
  await fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(statement, gap), { maxLength: 12 }), fc.constantFrom(15, 17, 18), async (pieces, major) => {
      const text = pieces.flat().join('')
      const { statements } = await parse(text, major)
      expect(statements.map((found) => found.text)).toEqual(pieces.map(([sql]) => sql))
      for (const { at, text: found } of statements) expect(text.slice(at.start.offset, at.end.offset)).toBe(found)
    }),
    { numRuns: 300 },
  )
})

describe('a job calls one function or procedure', () => {
  test.each([
    'f()',
    "analytics.refresh(1, 'a;b')",
    'CALL app.tidy()',
    "f(interval '1 day', (SELECT max(at) FROM t))",
    'f(VARIADIC ARRAY[1])',
    '"My Schema".f()',
    "f(' -- ')",
    'a.f /* why */ ()',
  ])('%s', async (call) => {
    expect(await parseCall(call, 17, cache)).toBeUndefined()
  })

  const expected = 'write one call: schema.function(arguments) or CALL schema.procedure(arguments)'
  test.each([
    ['', expected],
    ['1', expected],
    ['f(); DROP TABLE t', expected],
    ['f(); SELECT 1 --', expected],
    ['f();', `leave out the semicolon: ${expected}`],
    ['f() -- why', `a comment cannot end a call: ${expected}`],
    ['CALL p() -- why', `a comment cannot end a call: ${expected}`],
    ['f() FROM t', expected],
    ['f() WHERE false', expected],
    ['f(), g()', expected],
    ['f() AS x', expected],
    ['count(*) OVER ()', expected],
    ['DISTINCT f()', expected],
    ['f() INTO t', expected],
    ['f', expected],
    ['CALL p(); COMMIT', expected],
    ['SELECT f()', `syntax error at or near "SELECT": ${expected}`],
    ['f(', `syntax error at end of input: ${expected}`],
    ['f(\0)', expected],
  ])('not %j', async (call, message) => {
    expect(await parseCall(call, 17, cache)).toBe(message)
  })
})

describe('the cache', () => {
  test('holds plain JSON that any file with the same text can use', async () => {
    const stored = new Map<string, string>()
    const json: SqlCache = {
      get: (key) => (stored.has(key) ? JSON.parse(stored.get(key)!) : undefined),
      set: (key, outline) => void stored.set(key, JSON.stringify(outline)),
    }
    const text = "SELECT 'é'; VACUUM;"
    const first = await parseSql('a.sql', text, 17, json)
    const second = await parseSql('b.sql', text, 17, json)
    expect(stored.size).toBe(1)
    expect(second.statements.map(({ at }) => at.file)).toEqual(['b.sql', 'b.sql'])
    expect(JSON.stringify(second).replaceAll('b.sql', 'a.sql')).toBe(JSON.stringify(first))
  })

  test('a full one keeps the parser from being loaded', async () => {
    const full = memoryCache()
    await parseSql('a.sql', 'SELECT 1;', 17, full)
    await parseSql('a.sql', 'SELCT', 17, full)
    await parseCall('f()', 17, full)
    vi.resetModules()
    vi.doMock('libpg-query-17', () => {
      throw new Error('loaded')
    })
    const fresh = await import('../../src/source/sql.ts')
    expect((await fresh.parseSql('a.sql', 'SELECT 1;', 17, full)).statements.length).toBe(1)
    expect((await fresh.parseSql('a.sql', 'SELCT', 17, full)).error?.message).toBe('syntax error at or near "SELCT"')
    expect(await fresh.parseCall('f()', 17, full)).toBeUndefined()
    await expect(fresh.parseSql('a.sql', 'SELECT 2;', 17, full)).rejects.toThrow()
    vi.doUnmock('libpg-query-17')
  })

  test('what one major says is not taken for another', async () => {
    const shared = memoryCache()
    const text = 'ALTER TABLE t ADD CONSTRAINT c NOT NULL a;'
    expect((await parseSql('a.sql', text, 18, shared)).error).toBeUndefined()
    expect((await parseSql('a.sql', text, 15, shared)).error).toBeDefined()
  })

  test('its keys carry the versions that are installed', () => {
    const installed = Object.fromEntries(
      [15, 16, 17, 18].map((major) => [major, packageJson.dependencies[`libpg-query-${major}` as 'libpg-query-17'].split('@')[1]]),
    )
    expect(parserVersions).toEqual(installed)
  })
})

test('sha256 is that of the bytes in UTF-8', () => {
  // printf 'é' | sha256sum
  expect(sha256('é')).toBe('4a99557e4033c3539de2eb65472017cad5f9557f7a0625a09f1c3f6e2ba69c4c')
})
