import { expect, test } from 'vitest'
import { markEnumUses } from '../../src/source/enum-values.ts'
import { memoryCache, parseSql } from '../../src/source/sql.ts'

const cache = memoryCache()

/** Numbers of the marked statements, counted through all files from 1. */
async function marked(major: number, files: readonly string[]): Promise<number[]> {
  const parsed = await Promise.all(files.map((text, index) => parseSql(`${index}.sql`, text, major, cache)))
  return markEnumUses(parsed, major)
    .flatMap(({ statements }) => statements)
    .flatMap(({ forbidden }, index) => (forbidden === undefined ? [] : [index + 1]))
}

const create = "CREATE TYPE app.mood AS ENUM ('ok');"
const add = "ALTER TYPE app.mood ADD VALUE IF NOT EXISTS 'so so' AFTER 'ok';"
const use = "INSERT INTO app.t VALUES ('so so');"

test.each<[string, string[], number[], number[]]>([
  ['type, value and use in one file', [create + add + use], [3], []],
  ['the type in an earlier file', [create, add + use], [3], [3]],
  ['the use in a later file', [create, add, use], [3], []],
  ['no type at all: it was made by hand', [add + use], [2], [2]],
  ['use before the value', [use + add], [], []],
  ['another value', [create + add, "INSERT INTO app.t VALUES ('ok');"], [], []],
  ['the text of the same letters', [create, `${add}SELECT 'so so'::text;`], [], []],
  ['a default', [create, `${add}ALTER TABLE app.t ALTER m SET DEFAULT 'so so';`], [3], [3]],
  [
    'a function body, which runs later',
    [create, `${add}CREATE FUNCTION f() RETURNS void LANGUAGE plpgsql AS $$ BEGIN PERFORM 'so so'; END $$;`],
    [],
    [],
  ],
  ['a quote in the value', ["ALTER TYPE t ADD VALUE 'don''t'; SELECT 'don''t'::t;"], [2], [2]],
  ['a renamed value', [create, "ALTER TYPE app.mood RENAME VALUE 'ok' TO 'fine'; SELECT 'fine'::app.mood;"], [], []],
])('%s', async (_, files, in16, in17) => {
  expect(await marked(16, files)).toEqual(in16)
  expect(await marked(17, files)).toEqual(in17)
})

test('says what to do', async () => {
  const [, file] = markEnumUses([await parseSql('1.sql', create, 17, cache), await parseSql('2.sql', add + use, 17, cache)], 17)
  expect(file?.statements[1]?.forbidden).toBe(
    "'so so' is added to the enum mood in the same transaction, and cannot be used there: use it in a later file",
  )
  const [only] = markEnumUses([await parseSql('1.sql', create + add + use, 15, cache)], 15)
  expect(only?.statements[2]?.forbidden).toBe(
    "'so so' is added to the enum mood in the same transaction, and cannot be used there by PostgreSQL 15: add it where the type is created, or use PostgreSQL 17",
  )
})
