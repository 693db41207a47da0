// What all nine databases keep to, read from the catalogue of a real server; and that each sentence can be found not to hold.
import { readdirSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { breaches, lints } from '../support/catalogue-lint.ts'
import { type ServiceDatabase, serviceDatabase } from '../support/service-database.ts'

const keys = readdirSync('sql', { withFileTypes: true }).flatMap((entry) => (entry.isDirectory() ? [entry.name] : []))

test.each(keys)('%s', async (key) => {
  const database = await serviceDatabase(key)
  try {
    const client = await database.connect('superuser')
    expect(await breaches(client, database.service.schemas)).toEqual({})
    await client.end()
  } finally {
    await database.close()
  }
})

describe('each sentence is found broken', () => {
  let database: ServiceDatabase
  beforeAll(async () => {
    database = await serviceDatabase('education')
  })
  afterAll(() => database?.close())

  const table = `CREATE TABLE education.t (id int PRIMARY KEY, a int, b int); COMMENT ON TABLE education.t IS 'x';`
  const broken: Record<keyof typeof lints, [statements: string, breach: string]> = {
    'a foreign key has an index that begins with its columns': [
      `${table} ALTER TABLE education.t ADD FOREIGN KEY (a) REFERENCES education.t; CREATE INDEX i ON education.t (b, a)`,
      't_a_fkey on t',
    ],
    'no two indexes do the same': [
      `${table} CREATE INDEX i ON education.t (a); CREATE UNIQUE INDEX j ON education.t (a)`,
      'education.i and education.j',
    ],
    'no index is the beginning of another one': [
      `${table} CREATE INDEX i ON education.t (a); CREATE INDEX j ON education.t (a, b)`,
      'education.i is the beginning of education.j',
    ],
    'every index is valid': [
      `${table} CREATE INDEX i ON education.t (a); UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'education.i'::regclass`,
      'education.i',
    ],
    'every table and view has a comment': [`${table} COMMENT ON TABLE education.t IS NULL`, 'education.t'],
    'every function and procedure has a comment': [`CREATE PROCEDURE education.p(i int) LANGUAGE sql AS 'SELECT 1'`, 'p(integer)'],
    'every partial, covering, expression and non-btree index says what it is for': [
      `${table} CREATE INDEX i ON education.t (a) INCLUDE (b)`,
      'education.i',
    ],
    'every table has a primary key': [`${table} ALTER TABLE education.t DROP CONSTRAINT t_pkey`, 'education.t'],
    'every time has a time zone': [`${table} ALTER TABLE education.t ADD at timestamp`, 'education.t.at'],
    'no column has the type money, varchar or char': [`${table} ALTER TABLE education.t ADD price money`, 'education.t.price'],
    'nothing is in the schema public': [`CREATE DOMAIN public.d AS int`, 'type public.d'],
    'a function that runs as its owner has a search path of its own, and the schema of temporary objects last': [
      `CREATE FUNCTION education.f() RETURNS int LANGUAGE sql SECURITY DEFINER SET search_path = education AS 'SELECT 1'; COMMENT ON FUNCTION education.f IS 'x'`,
      'f()',
    ],
    'a function written in plpgsql has a search path of its own': [
      `CREATE FUNCTION education.f() RETURNS int LANGUAGE plpgsql AS 'BEGIN RETURN 1; END'; COMMENT ON FUNCTION education.f IS 'x'`,
      'f()',
    ],
    'a view has the rights of who reads it, unless its comment says why not': [
      `CREATE VIEW education.v AS SELECT 1 AS one; COMMENT ON VIEW education.v IS 'x'`,
      'education.v',
    ],
  }

  test.each(Object.entries(broken))('%s', async (sentence, [statements, breach]) => {
    const client = await database.connect('superuser')
    try {
      await client.query('BEGIN')
      await client.query(statements)
      expect(await breaches(client, database.service.schemas)).toEqual({ [sentence]: [breach] })
    } finally {
      await client.end()
    }
  })

  test('none is left out', () => {
    expect(Object.keys(broken)).toEqual(Object.keys(lints))
  })
})
