// What seed files may call, on servers of every major: the same data everywhere.
import type pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Major } from '../../src/fleet/catalog.ts'
import { prelude } from '../../src/runtime/seed/prelude.ts'
import { type ServerFolder, serverFolder, startPlainServer, type TestServer } from '../support/server.ts'

describe.each([15, 16, 17, 18] as Major[])('PostgreSQL %i', (major) => {
  let folder: ServerFolder
  let server: TestServer
  let client: pg.Client

  beforeAll(async () => {
    folder = await serverFolder()
    server = await startPlainServer(folder, major)
    client = await server.connect()
    await client.query("SET TimeZone = 'Asia/Tokyo'")
    for (const statement of prelude({ scale: 7, until: '2026-01-01T00:00:00Z' })) await client.query(statement)
  })

  afterAll(async () => {
    await client?.end()
    await server?.stop()
    await folder?.remove()
  })

  const one = async (expression: string) => (await client.query(`SELECT (${expression})::text AS value`)).rows[0].value

  test.each([
    ['pg_temp.scale()', '7'],
    ["pg_temp.until() AT TIME ZONE 'UTC'", '2026-01-01 00:00:00'],
    ["pg_temp.draw('x', 1)", '0.43120466759853615'],
    ["pg_temp.draw_int('x', 1, 1, 100)", '44'],
    ["pg_temp.draw_int('x', 1, -5, -5)", '-5'],
    ["pg_temp.draw_time('x', 1, pg_temp.until() - interval '1 day', pg_temp.until()) AT TIME ZONE 'UTC'", '2025-12-31 10:20:56.083281'],
    ["pg_temp.key('account', 1)", '0174876e-8001-797d-9c7e-4ee45fe5dcba'],
    ["pg_temp.key('order', 1)", '0174876e-8001-7ff0-a1f6-f52f6482f52b'],
    ["pg_temp.key('account', 1000000000)", '0174c309-4a00-7df8-9207-64581ea1ff57'],
  ])('%s is %s', async (expression, value) => {
    expect(await one(expression)).toBe(value)
  })

  test('keys are UUIDs of version 7 in the order of their numbers, each once', async () => {
    const { rows } = await client.query(`
      SELECT count(DISTINCT key)::int AS keys, bool_and(key > before) AS ordered,
        bool_and(key::text ~ '^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$') AS version7
      FROM (SELECT key, lag(key) OVER (ORDER BY n) AS before
        FROM generate_series(1, 100000) AS n CROSS JOIN LATERAL (SELECT pg_temp.key('account', n) AS key) AS made) AS keys`)
    expect(rows).toEqual([{ keys: 100_000, ordered: true, version7: true }])
  })

  test('what is drawn is spread evenly and in its bounds, and two things are drawn apart', async () => {
    const { rows } = await client.query(`
      SELECT min(die)::int, max(die)::int, (min(count) > 16000 AND max(count) < 17400) AS even, corr(a, b) BETWEEN -0.02 AND 0.02 AS apart
      FROM (SELECT pg_temp.draw_int('die', n, 1, 6) AS die, pg_temp.draw('a', n) AS a, pg_temp.draw('b', n) AS b FROM generate_series(1, 100000) AS n) AS drawn
      JOIN (SELECT pg_temp.draw_int('die', n, 1, 6) AS die, count(*) FROM generate_series(1, 100000) AS n GROUP BY 1) AS counted USING (die)`)
    expect(rows).toEqual([{ min: 1, max: 6, even: true, apart: true }])
  })

  const plan = async (expression: string) =>
    (await client.query(`EXPLAIN (VERBOSE, COSTS OFF) SELECT ${expression} FROM generate_series(1, 10) AS n`)).rows
      .map((row) => row['QUERY PLAN'])
      .join('\n')

  test('the planner puts their expressions in their place, so that rows cost no calls', async () => {
    const all = [
      "pg_temp.key('account', n)",
      "pg_temp.key('account', pg_temp.draw_int('who', n, 1, 1000 * pg_temp.scale()))",
      "pg_temp.draw_time('when', n, pg_temp.until() - interval '1 year', pg_temp.until())",
    ]
    for (const expression of all) expect(await plan(expression)).not.toMatch(/pg_temp/)
    await client.query('CREATE FUNCTION pg_temp.slow(n bigint) RETURNS text LANGUAGE sql IMMUTABLE RETURN n || $$$$')
    expect(await plan('pg_temp.slow(n)')).toMatch(/pg_temp/)
  })
})
