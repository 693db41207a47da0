import { expect, test } from 'vitest'
import { parsePsqlError } from '../../src/io/psql-error.ts'

// What psql 17 printed in a server's container.
const script = 'psql:/etc/pgfleet/shared/orders-db-init.sql'

test.each([
  [
    'an error where a migration runs',
    `${script}:285: ERROR:  null value in column "name" of relation "items" violates not-null constraint
DETAIL:  Failing row contains (1, null, null).
CONTEXT:  SQL statement "/* sql/orders/0003-bad.sql:3 */ INSERT INTO orders.items (id, name)
 VALUES (1, NULL)"
PL/pgSQL function inline_code_block line 8 at EXECUTE
`,
    {
      message: 'null value in column "name" of relation "items" violates not-null constraint',
      detail: 'Failing row contains (1, null, null).',
      script: '/etc/pgfleet/shared/orders-db-init.sql',
      scriptLine: 285,
      source: { file: 'sql/orders/0003-bad.sql', line: 3 },
    },
  ],
  [
    'an error in the third line of a statement that starts in the first',
    `${script}:285: ERROR:  type "nosuchtype" does not exist
LINE 3:   other nosuchtype
                ^
QUERY:  /* sql/orders/0003-bad.sql:1 */ ALTER TABLE orders.items
  ADD COLUMN
  other nosuchtype
CONTEXT:  PL/pgSQL function inline_code_block line 7 at EXECUTE
`,
    {
      message: 'type "nosuchtype" does not exist',
      script: '/etc/pgfleet/shared/orders-db-init.sql',
      scriptLine: 285,
      source: { file: 'sql/orders/0003-bad.sql', line: 3 },
    },
  ],
  [
    'an error of the script itself, after a notice and before another error, over several lines',
    `psql:/x/a.sql:3: NOTICE:  something
psql:/x/a.sql:9: ERROR:  one
two
HINT:  do this
CONTEXT:  PL/pgSQL function inline_code_block line 19 at RAISE
psql:/x/a.sql:10: ERROR:  current transaction is aborted
`,
    { message: 'one\ntwo', hint: 'do this', script: '/x/a.sql', scriptLine: 9 },
  ],
])('%s', (_, stderr, expected) => {
  expect(parsePsqlError(stderr)).toEqual(expected)
})

test.each([
  '',
  'Error response from daemon: Container abc is not running\n',
  'psql: error: connection to server on socket "/var/run/postgresql/.s.PGSQL.5432" failed: FATAL:  the database system is starting up\n',
])('no statement failed: %j', (stderr) => {
  expect(parsePsqlError(stderr)).toBeUndefined()
})
