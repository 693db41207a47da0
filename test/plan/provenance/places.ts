// Where the places that lines.ts names stand in services.yaml, written by hand: the text that begins there. What is not written is where its
// nearest parent is; for a field of the fleet that is the first line.

const text = `
applications.risk | risk: { image: "registry.example/treum/risk:1.0", uses: [risk, trading, market-data] }
applications.trading | trading: { image: "registry.example/treum/trading:1.0", uses: [trading, market-data] }
applications.risk.uses[market-data] | market-data] }
applications.trading.image | "registry.example/treum/trading:1.0", uses: [trading, market-data] }
applications.trading.uses[market-data] | market-data] }
applications.trading.uses[trading] | trading, market-data] }
backup.daily.at | "02:00", keep: 30 days }
backup.daily.keep | 30 days }
backup.weekly.on | sunday, at: "03:00", keep: 12 weeks }
backup.weekly.at | "03:00", keep: 12 weeks }
backup.weekly.keep | 12 weeks }
backup.monthly.day | 1, at: "04:00", keep: 12 months }
backup.monthly.at | "04:00", keep: 12 months }
backup.monthly.keep | 12 months }
backup.verify.on | monday, at: "05:00" }
backup.verify.at | "05:00" }
fleet | treum
host.storage | nvme }
ops.package | . }
postgres | 17
roles.admin | admin: { access: admin, services: all }
roles.admin.access | admin, services: all }
roles.admin.services | all }
roles.analytics | analytics: { access: read-only, services: all }
roles.analytics.access | read-only, services: all }
roles.analytics.services | all }
roles.admin.connections | admin: { access: admin, services: all }
roles.analytics.connections | analytics: { access: read-only, services: all }
roles.analytics.statement_timeout | analytics: { access: read-only, services: all }
allowances.backup | version: 1
allowances.migrator | version: 1
allowances.monitor | version: 1
assumptions.backend_overhead | version: 1
assumptions.manual_maintenance | version: 1
assumptions.operations_per_connection | version: 1
network.base | version: 1
pgbouncer | version: 1
services.content-intelligence | content-intelligence:
services.education | education:
services.market-data | market-data:
services.notifications | notifications:
services.payments | payments:
services.risk | risk:
services.signals | signals:
services.trading | trading:
services.users | users:
services.content-intelligence.backup.class | content-intelligence:
services.education.backup.class | education:
services.market-data.backup.class | market-data:
services.notifications.backup.class | notifications:
services.signals.backup.class | signals:
services.signals.compliance | signals:
services.education.workload | search
services.market-data.database | treum_market_data
services.market-data.extensions[pgaudit] | pgaudit]
services.market-data.extensions[timescaledb] | timescaledb, pg_stat_statements, pgaudit]
services.market-data.memory | 10GiB
services.market-data.pool.max_clients | pool: { port: 6434, mode: transaction, size: 100 } # data ingestion
services.market-data.port | 5434
services.market-data.settings.effective_cache_size | 4GB
services.market-data.summary | Instruments, quotes, ticks, candles
services.notifications.workload | queue
services.payments.backup.class | critical }
services.payments.compliance | compliance: [pci-dss, aml]
services.payments.settings.fsync | on
services.payments.summary | Payments, ledger, billing, KYC and AML
services.risk.backup.class | critical }
services.risk.jobs.measure | measure: { schedule: "*/5 * * * *", call: CALL metrics.measure() }
services.risk.timeseries."metrics.measurements" | metrics.measurements: { column: measured_at, keep: 1 year, compliance: [] }
services.risk.timeseries."metrics.measurements".column | measured_at, keep: 1 year, compliance: [] }
services.risk.timeseries."metrics.measurements".keep | 1 year, compliance: [] }
services.risk.timeseries."metrics.measurements".compliance | [] }
services.signals.cpus | 2
services.signals.memory | 6GiB
services.signals.workload | analytics
services.trading.app.role | treum_trading_service
services.trading.backup.class | critical }
services.trading.compliance[mifid] | mifid]
services.trading.cpus | 3
services.trading.database | treum_trading
services.trading.disk | 400GiB
services.trading.extensions[timescaledb] | timescaledb, pg_stat_statements, pgaudit]
services.trading.extensions[pg_stat_statements] | pg_stat_statements, pgaudit]
services.trading.extensions[pgaudit] | pgaudit]
services.trading.jobs.expire-orders.call | CALL trading.expire_orders() }
services.trading.jobs.screen-layering | screen-layering: { schedule: "17 * * * *", call: CALL compliance.screen_layering() }
services.trading.jobs.seal-audit-trail | seal-audit-trail: { schedule: "* * * * *", call: CALL compliance.seal_audit_trail() }
services.trading.jobs.seal-audit-trail.call | CALL compliance.seal_audit_trail() }
services.trading.memory | 8GiB
services.trading.pool.port | 6433, mode: transaction, size: 50, max_clients: 2000 } # high-frequency operations
services.trading.pool.mode | transaction, size: 50, max_clients: 2000 } # high-frequency operations
services.trading.pool.size | 50, max_clients: 2000 } # high-frequency operations
services.trading.pool.max_clients | 2000 } # high-frequency operations
services.trading.pool.reserve | pool: { port: 6433, mode: transaction, size: 50, max_clients: 2000 } # high-frequency operations
services.trading.port | 5433
services.trading.settings.checkpoint_completion_target | 0.9
services.trading.settings.synchronous_commit | off
services.trading.settings.wal_buffers | 16MB
services.trading.summary | Orders, executions, order trail
services.trading.timeseries."trading.executions" | trading.executions: { column: executed_at, chunk: 7 days, keep: 7 years }
services.trading.timeseries."trading.executions".column | executed_at, chunk: 7 days, keep: 7 years }
services.trading.timeseries."trading.executions".chunk | 7 days, keep: 7 years }
services.trading.timeseries."trading.executions".keep | 7 years }
services.trading.workload | oltp
services.users.app.privileges."users.credentials" | users.credentials: [] # functions only
services.users.app.privileges."users.sessions" | users.sessions: [select, insert, update]
services.users.app.privileges."users.sessions"[select] | select, insert, update]
services.users.app.privileges."users.sessions"[insert] | insert, update]
services.users.app.privileges."users.sessions"[update] | update]
services.users.app.privileges.audit[select] | select]
services.users.app.role | treum_user_service
services.users.backup.class | critical }
services.users.compliance[gdpr] | gdpr]
services.users.database | treum_users
services.users.disk | 50GiB
services.users.extensions[pg_stat_statements] | pg_stat_statements, pgaudit]
services.users.extensions[pgaudit] | pgaudit]
services.users.jobs.check-audit | check-audit: { schedule: "30 1 * * *", call: CALL audit.check_integrity() }
services.users.jobs.check-audit.schedule | "30 1 * * *", call: CALL audit.check_integrity() }
services.users.jobs.check-audit.call | CALL audit.check_integrity() }
services.users.jobs.remove-expired-sessions | remove-expired-sessions: { schedule: "*/15 * * * *", call: CALL users.remove_expired_sessions() }
services.users.jobs.remove-expired-sessions.schedule | "*/15 * * * *", call: CALL users.remove_expired_sessions() }
services.users.readable | readable: [users.account_summaries, users.account_roles, users.roles]
services.users.readable[users.roles] | users.roles]
services.users.retention."audit.events" | audit.events: { column: occurred_at, keep: 2 years }
services.users.retention."audit.events".keep | 2 years }
services.users.retention."audit.login_attempts" | audit.login_attempts: { column: attempted_at, keep: 90 days }
services.users.retention."audit.login_attempts".keep | 90 days }
services.users.schemas[users] | users, audit]
services.users.schemas[audit] | audit]
services.users.sql | sql/users
services.users.summary | Accounts, sessions, sign-in audit
services.users.workload | oltp
`

/** By path, with items of lists by what they say. */
export const places: ReadonlyMap<string, string> = new Map(
  text
    .trim()
    .split('\n')
    .map((line) => line.split(' | ') as [string, string]),
)
