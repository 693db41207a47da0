import type { Finding, Path, Span } from '../diagnostic.ts'
import type { SqlFile } from '../fleet/data-types.ts'
import { type SqlFolder, sqlFoldersOf } from '../fleet/sql-folders.ts'
import type { Rule } from './rule.ts'

export const sqlNumbering: Rule = {
  code: 'sql-numbering',
  severity: 'error',
  why: 'Files are applied in the order of their numbers. Two with one number have no order, and a gap is most often a file that was not committed.',
  bad: `version: 1
fleet: shop
host: { memory: 16GiB, cpus: 4, disk: 100GiB }
services:
  orders:
    port: 5432
    memory: 2GiB
    sql: sql/orders
`,
  good: `version: 1
fleet: shop
host: { memory: 16GiB, cpus: 4, disk: 100GiB }
services:
  orders:
    port: 5432
    memory: 2GiB
    sql: sql/orders
`,
  files: {
    bad: {
      'sql/orders/0001-tables.sql': 'CREATE TABLE orders (id bigint PRIMARY KEY);\n',
      'sql/orders/0001-views.sql': 'CREATE VIEW newest AS SELECT 1; -- <-\n',
      'sql/orders/0004-index.sql': 'CREATE INDEX ON orders (id); -- <-\n',
      'sql/orders/later.sql': 'DROP VIEW newest; -- <-\n',
    },
    good: {
      'sql/orders/0001-tables.sql': 'CREATE TABLE orders (id bigint PRIMARY KEY);\n',
      'sql/orders/0002-views.sql': 'CREATE VIEW newest AS SELECT 1;\n',
    },
  },
  *check({ services }) {
    for (const service of services) for (const folder of sqlFoldersOf(service)) yield* numbering(folder, service.origin)
  },
}

function* numbering({ field, files }: SqlFolder, origin: Path): Iterable<Finding> {
  let last = 0
  for (const { name, path } of files) {
    const at = { path: [...origin, field], at: startOf(path) }
    const digits = /^[0-9]{4}(?=-)/.exec(name)?.[0]
    const number = digits === undefined ? last : Number(digits)
    if (!/^[0-9]{4}-[A-Za-z0-9._-]+\.sql$/.test(name))
      yield {
        ...at,
        message: `${name} is not named NNNN-name.sql`,
        help: `name it ${digits ?? numbered(files.length)}-${plainName(name)}`,
      }
    else if (number === last)
      yield { ...at, message: `${name} has the number of the file before it`, help: `number it ${numbered(number + 1)}` }
    else if (number !== last + 1)
      yield {
        ...at,
        message: `${name} follows ${last === 0 ? 'no file' : numbered(last)}: ${numbered(last + 1)} is missing`,
        help: `number it ${numbered(last + 1)}, or add the missing file`,
      }
    last = number
  }
}

/** `2 Add Index.SQL` -> `Add-Index.sql`. */
function plainName(name: string): string {
  const words = name
    .replace(/\.sql$/i, '')
    .replace(/^[0-9]*[-_ ]?/, '')
    .match(/[A-Za-z0-9._-]+/g)
  return `${words?.join('-') ?? 'name'}.sql`
}

const numbered = (number: number) => String(number).padStart(4, '0')

function startOf(file: SqlFile['path']): Span {
  const start = { line: 1, col: 1, offset: 0 }
  return { file, start, end: start }
}
