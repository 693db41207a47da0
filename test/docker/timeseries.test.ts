// The same data and the same questions in the containers, with TimescaleDB, and on an embedded server, with plain tables: the same answers.
import { resolve } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { installCli, pgfleet } from '../support/cli.ts'
import { describeDocker, project, superuserQuery, superuserRun } from '../support/docker-fleet.ts'
import { type ServiceDatabase, seedUntil, serviceDatabase } from '../support/service-database.ts'

const keys = ['market-data', 'trading'] as const
type Key = (typeof keys)[number]

/** What is made from the seeds before anybody asks. */
const derive: Record<Key, readonly string[]> = {
  'market-data': ['CALL historical.roll_up()'],
  trading: ['CALL analytics.refresh_daily_pnl()', 'CALL analytics.refresh_daily_fill_rate()', 'CALL analytics.refresh_daily_latency()'],
}

const lastWeek = `timestamptz '${seedUntil}' - interval '7 days', timestamptz '${seedUntil}'`
/** Questions of applications and analysts: ranges of time, the newest, roll-ups, joins with tables that are no time series. */
const queries: Record<Key, readonly string[]> = {
  'market-data': [
    'SELECT count(*), min(traded_at), max(traded_at), sum(price * size) FROM historical.ticks',
    `SELECT * FROM (SELECT instrument_id, traded_at, sequence, price, size FROM historical.ticks WHERE instrument_id = 7
       ORDER BY traded_at DESC, sequence DESC LIMIT 20) t`,
    `SELECT date_bin('15 minutes', traded_at, '2000-01-01Z') AS quarter, count(*), min(price), max(price) FROM historical.ticks
       WHERE instrument_id IN (1, 2, 3) GROUP BY 1 ORDER BY 1`,
    'SELECT width, count(*), sum(volume), min(low), max(high) FROM historical.candles GROUP BY 1 ORDER BY 1',
    'SELECT * FROM historical.candles WHERE instrument_id = 42 ORDER BY width, opened_at DESC LIMIT 200',
    ...['sma', 'ema'].map((name) => `SELECT * FROM historical.${name}(5, '1m', 20)`),
    ...['rsi', 'atr', 'macd', 'bollinger_bands', 'vwap'].map((name) => `SELECT * FROM historical.${name}(5, '1m')`),
    `SELECT * FROM historical.candle_gaps(9, '1h', ${lastWeek})`,
    `SELECT * FROM historical.sequence_gaps(9, ${lastWeek})`,
    `SELECT symbol, count(*) FROM historical.ticks JOIN market.instruments ON id = instrument_id GROUP BY 1 ORDER BY 1`,
  ],
  trading: [
    'SELECT count(*), min(executed_at), max(executed_at), sum(quantity * price) FROM trading.executions',
    `SELECT date_bin('1 day', executed_at, '2000-01-01Z') AS day, count(*), sum(fee) FROM trading.executions GROUP BY 1 ORDER BY 1`,
    `SELECT o.side, count(*), sum(e.quantity) FROM trading.executions e JOIN trading.orders o ON o.id = e.order_id
       WHERE e.executed_at >= timestamptz '${seedUntil}' - interval '7 days' GROUP BY 1 ORDER BY 1`,
    'SELECT account_id, instrument_id, quantity, realised_pnl FROM trading.positions ORDER BY 1, 2 LIMIT 500',
    'SELECT * FROM trading.position_discrepancies()',
    'SELECT * FROM analytics.daily_pnl ORDER BY 1, 2, 3 LIMIT 500',
    'SELECT * FROM analytics.daily_fill_rate ORDER BY 1, 2 LIMIT 500',
    `SELECT * FROM compliance.wash_trades(${lastWeek}) ORDER BY 1, 2, 3, 4`,
  ],
}

describeDocker('time series', () => {
  installCli()
  const embedded = {} as Record<Key, ServiceDatabase>

  beforeAll(async () => {
    const args = ['seed', ...keys, '--runtime', 'compose', '--until', seedUntil.slice(0, 10)]
    const { code, err } = await pgfleet(args, { in: resolve('.'), env: { ...project.environment, PATH: process.env['PATH'] ?? '' } })
    if (code !== 0) throw new Error(err)
    for (const key of keys) {
      embedded[key] = await serviceDatabase(key)
      await embedded[key].seed(1)
      const client = await embedded[key].connect('superuser')
      for (const call of derive[key]) {
        await superuserRun(key, call)
        await client.query(call)
      }
      await client.end()
    }
  })

  afterAll(async () => {
    for (const key of keys) {
      const { schemas } = embedded[key].service
      const tables = await superuserQuery(
        key,
        `SELECT format('%I.%I', schemaname, tablename) AS name FROM pg_tables WHERE schemaname IN (${schemas.map((name) => `'${name}'`).join()})`,
      )
      // Triggers refuse it, and those that keep one row want it back.
      const kept = ['compliance.seal_head', 'historical.roll_up_state']
      const names = tables.map(({ name }) => String(name)).filter((name) => !kept.includes(name))
      await superuserRun(key, `SET session_replication_role = replica; TRUNCATE ${names.join(', ')} CASCADE`)
      await embedded[key].close()
    }
  })

  test('the tables are hypertables here, and plain there', async () => {
    const hypertables = `SELECT hypertable_name AS name FROM timescaledb_information.hypertables WHERE num_chunks > 0 ORDER BY 1`
    expect(await superuserQuery('trading', hypertables)).toEqual([{ name: 'executions' }])
    expect(await superuserQuery('market-data', hypertables)).toEqual([{ name: 'candles_1h' }, { name: 'candles_1m' }, { name: 'ticks' }])
    // More than one chunk, or nothing would be shown.
    const several = hypertables.replace('> 0', '> 1')
    expect(await superuserQuery('trading', several)).toEqual([{ name: 'executions' }])
    expect(await superuserQuery('market-data', several)).toContainEqual({ name: 'ticks' })
    const client = await embedded.trading.connect('superuser')
    const { rows } = await client.query(`SELECT extname FROM pg_extension WHERE extname = 'timescaledb'`).finally(() => client.end())
    expect(rows).toEqual([])
  })

  test.each(keys.flatMap((key) => queries[key].map((query) => [key, query] as const)))('%s: %s', async (key, query) => {
    const client = await embedded[key].connect('superuser')
    const text = `SELECT coalesce(json_agg(r), '[]')::text AS answer FROM (${query}\n) AS r`
    const { rows } = await client
      .query(`SET TimeZone = 'UTC'`)
      .then(() => client.query(text))
      .finally(() => client.end())
    const there = JSON.parse(rows[0].answer)
    expect(await superuserQuery(key, query)).toEqual(there)
    if (!query.includes('discrepancies') && !query.includes('gaps') && !query.includes('wash')) expect(there).not.toEqual([])
  })
})
