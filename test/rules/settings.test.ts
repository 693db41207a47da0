import { describe, expect, test } from 'vitest'
import { embeddedTarget } from '../../src/fleet/targets.ts'
import type { Target } from '../../src/fleet/types.ts'
import { compileText } from '../support/fleet.ts'

const yaml = (settings: string, more = '') => `version: 1
fleet: shop
host: { memory: 64GiB, cpus: 8, disk: 1TiB }
services:
  orders:
    port: 5432
    memory: 8GiB
    settings: { ${settings} }
${more}`

async function found(settings: string, more = '', target?: Target): Promise<string[]> {
  const { diagnostics } = await compileText(yaml(settings, more), {}, target)
  return diagnostics.map(({ code, message, help }) => `${code}: ${message}; ${help}`)
}

describe('a setting that the server does not have', () => {
  test.each([
    ['timezone: UTC', '', 'setting-unknown: PostgreSQL 17 has no setting timezone; did you mean "TimeZone"?'],
    ['stats_temp_directory: /tmp', '', 'setting-unknown: PostgreSQL has no stats_temp_directory any more; leave it out'],
    [
      'app.tenant: x',
      '',
      'setting-unknown: PostgreSQL 17 has no setting app.tenant; names are those of pg_settings; parameters of your own are set with ALTER DATABASE in the SQL of the service',
    ],
    [
      'force_parallel_mode: on',
      '',
      'setting-of-another-version: PostgreSQL 17 has no force_parallel_mode: it is a setting of PostgreSQL 15 only; here it is debug_parallel_query',
    ],
    [
      'io_method: worker',
      '',
      'setting-of-another-version: PostgreSQL 17 has no io_method: it is a setting of PostgreSQL 18 only; leave it out, or change `postgres` of the service',
    ],
    [
      'cron.log_run: off',
      '    extensions: [pgaudit]',
      'setting-of-missing-extension: cron.log_run belongs to pg_cron, which orders does not have; add pg_cron to the extensions of orders',
    ],
    [
      'auto_explain.log_analyze: on',
      '',
      'setting-of-missing-extension: auto_explain.log_analyze belongs to auto_explain, which orders does not have; leave it out: the target compose has no auto_explain',
    ],
    [
      'restore_command: cp',
      '',
      'setting-owned: restore_command is set by pgfleet: the fleet has no standby servers: commits would wait for ever, or the server would start as a standby; leave it out; restoring is `pgfleet restore`',
    ],
  ])('%s %s', async (settings, more, finding) => {
    expect(await found(settings, more)).toEqual([finding])
  })
})

describe('a value', () => {
  test.each([
    [
      'log_timezone: Mars/Base',
      'setting-value: "Mars/Base" is no value of log_timezone: it is not a known time zone; write a name of the tz database, e.g. UTC or Europe/Berlin',
    ],
    [
      'transaction_buffers: 17',
      'setting-value: 17 is no value of transaction_buffers: it is not a multiple of 16 buffers; write a multiple of 16, e.g. 32',
    ],
    [
      'log_line_prefix: "a\\nfsync = off"',
      'setting-value: "a\\nfsync = off" is no value of log_line_prefix: it has a line break or control character; write the value on one line',
    ],
    [
      'wal_compression: zst',
      'setting-value: "zst" is no value of wal_compression: it is none of its values; did you mean "zstd"? write one of pglz, lz4, zstd, on, off',
    ],
    ['port: maybe', 'setting-owned: port is set by pgfleet: it follows from the port of the service; set `port` of the service'],
  ])('%s', async (settings, finding) => {
    const all = await found(settings)
    expect(all.filter((text) => !text.startsWith('setting-without-unit'))).toEqual([finding])
  })

  test.each([
    'log_file_mode: "0640"',
    'jit: false',
    'wal_compression: true',
    'temp_file_limit: -1',
    'log_min_duration_statement: 0',
    'log_timezone: utc',
    'synchronous_commit: LOCAL',
  ])('%s is fine', async (settings) => {
    expect(await found(settings)).toEqual([])
  })
})

describe('a build', () => {
  const embedded = embeddedTarget({ stateDir: '/tmp/x', portOffset: 0 })
  const strict: Target = { ...embedded, lenient: false }

  test('a value that only another one takes is found', async () => {
    expect(await found('wal_compression: zstd', '', strict)).toEqual([
      'setting-of-another-version: the embedded build of PostgreSQL 17 does not take zstd for wal_compression, the debian build does; write one of pglz, on, off',
    ])
    expect(await found('wal_compression: zstd')).toEqual([])
  })

  test('a setting that only another one has is found', async () => {
    expect(await found('extension_destdir: /x', '', strict)).toEqual([
      'setting-of-another-version: the embedded build of PostgreSQL 17 has no extension_destdir, the debian build has; leave it out for the target embedded',
    ])
  })

  test('an extension that only another one has is found', async () => {
    const findings = await found('pgaudit.log: write', '    extensions: [pgaudit]', strict)
    expect(findings).toEqual(['extension-unavailable: the target embedded has no extension pgaudit; leave it out'])
  })

  test('where the target is lenient, they are left out and listed instead', async () => {
    const { diagnostics, fleet } = await compileText(
      yaml('wal_compression: zstd, pgaudit.log: write', '    extensions: [pgaudit]'),
      {},
      embedded,
    )
    expect(diagnostics).toEqual([])
    expect(fleet?.services[0]?.leftOut.map(({ what }) => what)).toEqual([
      'extension pgaudit',
      'setting wal_compression',
      'setting pgaudit.log',
    ])
  })
})

describe('settings that do not go together', () => {
  test.each([
    ['wal_level: minimal', ['setting-conflict']],
    ['wal_level: minimal, max_wal_senders: 0', []],
    ['wal_level: minimal, max_wal_senders: 0, summarize_wal: on', ['setting-conflict']],
    ['min_wal_size: 10GB, max_wal_size: 20GB', []],
    ['min_wal_size: 16MB, max_wal_size: 1GB', ['setting-conflict']],
    ['log_statement_stats: on, log_parser_stats: on', ['setting-conflict']],
    ['log_statement_stats: on', []],
    ['io_method: io_uring', ['setting-conflict'], '    postgres: 18'],
    ['io_method: sync', [], '    postgres: 18'],
    ['superuser_reserved_connections: 3, reserved_connections: 2, max_connections: 40', []],
  ])('%s', async (settings, codes, more = '') => {
    const { diagnostics } = await compileText(yaml(settings, more))
    expect(diagnostics.map(({ code }) => code)).toEqual(codes)
  })
})

describe('durability', () => {
  test.each([
    ['full_page_writes: off', '', ['durability']],
    ['zero_damaged_pages: on', '', ['durability']],
    ['synchronous_commit: off', '', []],
    ['synchronous_commit: off', '    compliance: [pci-dss]', ['durability']],
    ['synchronous_commit: off', '    compliance: [gdpr]', []],
    ['synchronous_commit: false', '    workload: ledger', ['durability']],
    ['synchronous_commit: local', '    workload: ledger', []],
  ])('%s %s', async (settings, more, codes) => {
    const { diagnostics } = await compileText(yaml(settings, more))
    expect(diagnostics.map(({ code }) => code)).toEqual(codes)
  })
})
