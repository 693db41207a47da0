// Schemas: where names are looked up, and the one that every database has.
import { expect, test } from 'vitest'
import { changeOf, diffOf } from '../../support/changes-of.ts'

const schemas = (value: unknown) => ({ set: { 'services/stock/schemas': value } })

test('another order is told beside a schema more, whose place is told as well', async () => {
  const diff = await diffOf(schemas(['spare', 'more', 'stock']))
  expect(changeOf(diff, 'stock/search_path')).toMatchObject({ before: 'stock, spare', after: 'spare, more, stock' })
  expect(changeOf(diff, 'stock/schema/more').note).toBe('search path spare, more, stock')
})

test.each([
  ['is lost with what the SQL made there', { 'sql/stock/0001-parts.sql': 'CREATE TABLE parts (id bigint);\n' }, 'destroy'],
  ['is empty where there is no SQL', {}, 'new-sessions'],
])('public %s, when the first schema is declared', async (_, files, impact) => {
  const sql = Object.keys(files).length > 0 ? 'sql/stock' : undefined
  const given = { set: { 'services/stock/schemas': undefined, 'services/stock/sql': sql }, files }
  expect(changeOf(await diffOf(schemas(['app']), given), 'stock/schema/public').impact).toBe(impact)
})

test('what is to be typed has the quotes that a name needs', async () => {
  const extensions = (...names: string[]) => ({ set: { 'services/stock/extensions': names } })
  const diff = await diffOf(extensions(), extensions('uuid-ossp'))
  expect(changeOf(diff, 'stock/extension/uuid-ossp').advice).toContain('DROP EXTENSION "uuid-ossp" refuses')
  const database = await diffOf({ set: { 'services/stock/database': 'Shop.stock' } })
  expect(changeOf(database, 'stock/database/shop_stock').advice).toContain('ALTER DATABASE shop_stock RENAME TO "Shop.stock" while')
})
