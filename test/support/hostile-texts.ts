/** What others would like a comment of a bot to do. */
export const nasty = [
  '@acme/admins',
  '@alice',
  '#1',
  'GH-1',
  '![x](http://evil.test/x.png)',
  '[click](http://evil.test)',
  'http://evil.test/x',
  'www.evil.test',
  '<script>alert(1)</script>',
  '<img src=x onerror=alert(1)>',
  '</details>',
  '-->',
  '<!-- pgfleet:v1 {} -->',
  '```',
  '````` x',
  '::error file=x::boo',
  '##[error]boo',
  ':shipit:',
  '| a | b |',
  '$`x`$',
  '**bold** ~~gone~~',
  '$(touch canary)',
  '[^1]: note',
  '> [!NOTE]',
  'a\u00adb\u034f',
]
/** As YAML and JSON write it. */
export const quoted = (text: string): string => JSON.stringify(text)

/** The text in each place of services.yaml that takes any. */
export const nastyFleet = (text: string, memory: string) => ({
  'services.yaml': `version: 1
fleet: demo
host: { memory: 16GiB, cpus: 8, disk: 1TiB, storage: ssd }
services:
  orders:
    summary: ${quoted(text)}
    port: 5433
    memory: ${memory}
    cpus: 2
    schemas: [orders]
    sql: sql/orders
    settings: { log_line_prefix: ${quoted(`${text} `)} }
allow:
  - { rule: schema-removed, target: ${quoted(`orders/schema/spare`)}, reason: ${quoted(text)}, expires: 2027-01-31 }
  - { rule: schema-removed, target: ${quoted(text)}, reason: ${quoted(text)}, expires: 2026-01-31 }
`,
  'sql/orders/0001-items.sql': `CREATE TABLE orders.items (id bigint PRIMARY KEY);\n`,
  'sql/orders/0002-more.sql': `-- ${text}\nCREATE TABLE orders.more (id bigint DEFAULT length(${`'${text.replaceAll("'", "''")}'`}));\nCOMMENT ON TABLE orders.more IS '${text.replaceAll("'", "''")}';\n`,
})
