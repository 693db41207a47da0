import { compose } from './compose/compose.ts'
import { env } from './env/env.ts'
import type { Generator } from './generator.ts'
import { initSql } from './init-sql/init-sql.ts'
import { ops } from './ops/ops.ts'
import { pgbouncer } from './pgbouncer/pgbouncer.ts'
import { postgres } from './postgres/postgres.ts'
import { schedule } from './schedule/schedule.ts'

/** The only registry: a test compares it with the folders. */
export const allGenerators: readonly Generator[] = [compose, env, initSql, ops, pgbouncer, postgres, schedule]
