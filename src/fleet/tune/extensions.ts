import { count, type TuningGroup, word } from './tuning.ts'

export const extensionSettings: TuningGroup = {
  title: 'Extensions',
  *tune({ extensions, database }) {
    if (extensions.includes('pg_stat_statements')) {
      yield count('pg_stat_statements.max', 5000, 'statements kept (extension default)')
      yield word('pg_stat_statements.track', 'all', 'statements inside functions are counted, too')
    }
    if (extensions.includes('pgaudit')) {
      yield word('pgaudit.log', 'ddl, role, write', 'changes of schemas, rights and rows are logged')
      yield word('pgaudit.log_parameter', 'off', 'values of parameters stay out of the log')
    }
    if (extensions.includes('timescaledb')) {
      yield word('timescaledb.license', 'apache', 'the edition of the packages')
      yield word('timescaledb.telemetry_level', 'off', 'no calls to the outside')
      // With workers, its built-in job "Job History Log Retention Policy" fails with an error in the log: it needs the Community edition.
      yield count('timescaledb.max_background_workers', 0, 'none: this edition has nothing to run in the background')
    }
    if (extensions.includes('pg_cron')) yield word('cron.database_name', database, 'where pg_cron keeps its jobs')
  },
}
