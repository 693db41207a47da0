// A small fleet to compare with itself: one service, with SQL beside it.

/** `more` goes under the service, `top` to the end of the file. */
export const shop = ({ memory = '2GiB', schemas = 'orders, spare', more = '', top = '', key = 'orders' } = {}): string => `version: 1
fleet: demo
host: { memory: 16GiB, cpus: 8, disk: 1TiB, storage: ssd }
services:
  ${key}:
    port: 5433
    memory: ${memory}
    cpus: 2
    schemas: [${schemas}]
    sql: sql/orders
${more.replace(/^(?=.)/gm, '    ')}${top}`

export const shopSql = { 'sql/orders/0001-items.sql': 'CREATE TABLE orders.items (id bigint PRIMARY KEY);\n' }

/** services.yaml with its SQL, by path. */
export const shopFiles = (options?: Parameters<typeof shop>[0]) => ({ 'services.yaml': shop(options), ...shopSql })

/** What permits that the schema `spare` goes. */
export const allowSpare = (expires = '2027-01-31', target = 'orders/schema/spare'): string =>
  `allow:\n  - { rule: schema-removed, target: ${target}, reason: nobody uses it, expires: ${expires} }\n`
