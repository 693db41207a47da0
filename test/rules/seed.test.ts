// What the rules for files of SQL say about seed files.
import { expect, test } from 'vitest'
import { compileText, printed, smallFleet } from '../support/fleet.ts'

const yaml = smallFleet('schemas: [sales]\nsql: sql/orders\nseed: seed/orders')
const tables = { 'sql/orders/0001-tables.sql': 'CREATE TABLE sales.carts (id bigint);\n' }

async function findings(seeds: Readonly<Record<string, string>>): Promise<string[]> {
  const { diagnostics } = await compileText(yaml, { ...tables, ...seeds })
  return diagnostics.map((diagnostic) => `${diagnostic.at.file}:${printed(diagnostic)}`)
}

test('what is right is taken, and is in no artifact', async () => {
  const { diagnostics, fleet, artifacts } = await compileText(yaml, {
    ...tables,
    'seed/orders/0001-carts.sql': 'INSERT INTO sales.carts VALUES (424242);\n',
  })
  expect(diagnostics).toEqual([])
  expect(fleet?.services[0]?.seeds.map(({ path, statements }) => [path, statements.length])).toEqual([['seed/orders/0001-carts.sql', 1]])
  expect(artifacts.filter(({ content }) => content.includes('424242'))).toEqual([])
})

test.each([
  ['a folder without files', {}, ['services.yaml:11:11: there are no *.sql files in seed/orders [sql-missing]']],
  [
    'a name without a number',
    { 'seed/orders/carts.sql': 'INSERT INTO sales.carts VALUES (1);' },
    ['seed/orders/carts.sql:1:1: carts.sql is not named NNNN-name.sql [sql-numbering]'],
  ],
  [
    'a gap',
    { 'seed/orders/0002-carts.sql': 'INSERT INTO sales.carts VALUES (1);' },
    ['seed/orders/0002-carts.sql:1:1: 0002-carts.sql follows no file: 0001 is missing [sql-numbering]'],
  ],
  [
    'a mistake',
    { 'seed/orders/0001-carts.sql': 'INSERT INTO sales.carts\nVALUE (1);' },
    ['seed/orders/0001-carts.sql:2:1: PostgreSQL 17 cannot parse 0001-carts.sql: syntax error at or near "VALUE" [sql-syntax]'],
  ],
  [
    'a schema that is not there',
    { 'seed/orders/0001-carts.sql': 'INSERT INTO sale.carts VALUES (1);' },
    ['seed/orders/0001-carts.sql:1:1: orders has no schema sale [schema-undeclared]'],
  ],
  [
    'another statement',
    { 'seed/orders/0001-carts.sql': 'TRUNCATE sales.carts;' },
    [
      'seed/orders/0001-carts.sql:1:1: this cannot stand in a seed file: only INSERT and SELECT setval(...) fill a database [seed-statement]',
    ],
  ],
])('%s is found', async (_, seeds, expected) => {
  expect(await findings(seeds as Record<string, string>)).toEqual(expected)
})
