import type { Finding } from '../diagnostic.ts'
import { type Effective, effectiveSettings } from '../fleet/effective-settings.ts'
import type { Service, Target } from '../fleet/types.ts'
import type { Rule } from './rule.ts'

export const settingConflict: Rule = {
  code: 'setting-conflict',
  severity: 'error',
  why: 'Some settings only work together: each of them is fine on its own, and the server does not start or does not do what it is told.',
  bad: `version: 1
fleet: shop
host: { memory: 16GiB, cpus: 4, disk: 100GiB }
services:
  orders:
    port: 5432
    memory: 2GiB
    settings:
      wal_level: minimal # <-
      min_wal_size: 16GB # <-
`,
  good: `version: 1
fleet: shop
host: { memory: 16GiB, cpus: 4, disk: 100GiB }
services:
  orders:
    port: 5432
    memory: 2GiB
    settings:
      wal_level: logical
      min_wal_size: 1GB
`,
  *check(fleet) {
    for (const service of fleet.services) {
      if (Object.keys(service.declared).length === 0) continue
      const effective = effectiveSettings(service, fleet)
      for (const { among, broken, message, help } of conflicts) {
        const wrong = broken(effective, fleet.target)
        const marked = among.find((name) => Object.hasOwn(service.declared, name))
        if (wrong && marked) yield finding(service, marked, among, message(effective), help)
      }
    }
  },
}

type Conflict = {
  /** The settings that take part; the first that is declared is marked. */
  readonly among: readonly string[]
  readonly broken: (value: Effective, target: Target) => boolean
  readonly message: (value: Effective) => string
  readonly help: string
}

const number = (value: Effective, name: string) => Number(value(name) ?? 0)

/** Checks of PostmasterMain and of the start of WAL: https://github.com/postgres/postgres/blob/REL_17_STABLE/src/backend/postmaster/postmaster.c */
const conflicts: readonly Conflict[] = [
  {
    among: ['wal_level', 'max_wal_senders', 'archive_mode', 'summarize_wal'],
    broken: (value) =>
      value('wal_level') === 'minimal' &&
      (number(value, 'max_wal_senders') > 0 || value('archive_mode') !== 'off' || value('summarize_wal') === true),
    message: () => 'wal_level minimal rules out max_wal_senders above 0, archive_mode and summarize_wal',
    help: 'leave wal_level out; minimal would also rule out backups of a running server',
  },
  {
    among: ['superuser_reserved_connections', 'reserved_connections', 'max_connections'],
    broken: (value) =>
      number(value, 'superuser_reserved_connections') + number(value, 'reserved_connections') >= number(value, 'max_connections'),
    message: (value) => `superuser_reserved_connections and reserved_connections take all ${value('max_connections')} of max_connections`,
    help: 'lower them; 3 and 0 are usual',
  },
  {
    among: ['min_wal_size', 'max_wal_size'],
    broken: (value) => number(value, 'min_wal_size') > number(value, 'max_wal_size'),
    message: (value) => `min_wal_size ${value('min_wal_size')}MB is above max_wal_size ${value('max_wal_size')}MB`,
    help: 'a quarter of max_wal_size is usual',
  },
  {
    among: ['min_wal_size', 'max_wal_size'],
    broken: (value) => Math.min(number(value, 'min_wal_size'), number(value, 'max_wal_size')) < 32,
    message: () => 'min_wal_size and max_wal_size hold at least two WAL files of 16MB',
    help: 'set at least 32MB',
  },
  {
    // https://github.com/moby/moby/pull/46762
    among: ['io_method'],
    broken: (value, target) => value('io_method') === 'io_uring' && target.name === 'compose',
    message: () => 'io_method io_uring needs system calls that Docker refuses to containers',
    help: 'leave it out; worker is the default',
  },
  {
    among: ['log_statement_stats', 'log_parser_stats', 'log_planner_stats', 'log_executor_stats'],
    broken: (value) =>
      value('log_statement_stats') === true &&
      ['log_parser_stats', 'log_planner_stats', 'log_executor_stats'].some((name) => value(name) === true),
    message: () => 'log_statement_stats rules out the statistics of single stages',
    help: 'leave log_statement_stats out, or the others',
  },
]

function finding({ key, origin, declared }: Service, marked: string, among: readonly string[], message: string, help: string): Finding {
  const others = among.filter((name) => name !== marked && Object.hasOwn(declared, name))
  return {
    path: [...origin, 'settings', marked],
    message: `the settings of ${key} do not go together: ${message}`,
    help,
    related: others.map((name) => ({ path: [...origin, 'settings', name], message: 'the other side' })),
  }
}
