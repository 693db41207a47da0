// Rows older than services.yaml says go when the nightly job runs, whatever keeps records; the rest stays, and nothing that checks complains.
import { expect, test } from 'vitest'
import { serviceDatabase } from '../support/service-database.ts'

/** Seeds that end this long ago are older than everything that is deleted by age. */
const longAgo = '2010-01-01T00:00:00Z'

/** Tables in which the seeds have rows that old, and what must find nothing wrong afterwards. */
const services: Record<string, { readonly old: readonly string[]; readonly checks: readonly string[] }> = {
  users: { old: ['audit.login_attempts'], checks: ['SELECT * FROM audit.verify()'] },
  trading: {
    old: ['trading.executions', 'trading.orders', 'compliance.trade_reports'],
    checks: ['SELECT * FROM compliance.verify()'],
  },
  'market-data': { old: ['historical.ticks', 'historical.candles_1m', 'historical.candles_1h'], checks: [] },
  payments: {
    old: ['payments.idempotency_keys', 'compliance.fraud_assessments'],
    checks: ['SELECT * FROM payments.verify_ledger()'],
  },
}

test.each(Object.entries(services))('%s', async (key, { old, checks }) => {
  const database = await serviceDatabase(key)
  const client = await database.connect('owner')
  try {
    await database.seed(1, longAgo)
    const rules = [...database.service.timeseries, ...database.service.retention].flatMap(({ keep, schema, table, column }) =>
      keep ? [{ table: `${schema}.${table}`, column, keep: keep.text }] : [],
    )
    const expired = async (): Promise<string[]> => {
      const found: string[] = []
      for (const { table, column, keep } of rules) {
        const { rows } = await client.query(`SELECT FROM ${table} WHERE ${column} < now() - interval '${keep}' LIMIT 1`)
        if (rows.length > 0) found.push(table)
      }
      return found.sort()
    }
    expect(await expired()).toEqual(expect.arrayContaining([...old].sort()))
    await client.query('CALL pgfleet.apply_retention(1000)')
    expect(await expired()).toEqual([])
    for (const check of checks) expect((await client.query(check)).rows).toEqual([])
    // Once more deletes nothing, and is no error.
    await client.query('CALL pgfleet.apply_retention(1000)')
    const { rows } = await client.query('SELECT table_name FROM pgfleet.retention WHERE deleted_before IS NULL')
    expect(rows).toEqual([])
  } finally {
    await client.end()
    await database.close()
  }
})
