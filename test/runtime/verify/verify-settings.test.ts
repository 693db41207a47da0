import { describe, expect, test } from 'vitest'
import type { ServerSetting } from '../../../src/fleet/types.ts'
import { compareSettings, type FileSettingRow, type SettingRow } from '../../../src/runtime/verify/verify-settings.ts'

const file = '/etc/config/postgresql.conf'
const setting = (name: string, value: string): ServerSetting => ({ name, value, why: '', source: 'tuned', group: '' })
const row = (name: string, setting: string, more: Partial<SettingRow> = {}): SettingRow => ({
  name,
  setting,
  vartype: 'integer',
  unit: null,
  enumvals: null,
  source: 'configuration file',
  sourcefile: file,
  pending_restart: false,
  ...more,
})
const line = (name: string, setting: string, more: Partial<FileSettingRow> = {}): FileSettingRow => ({
  name,
  setting,
  applied: true,
  error: null,
  sourceline: 1,
  ...more,
})
const reasons = (expected: ServerSetting, found: SettingRow, lines: FileSettingRow[] = []) =>
  compareSettings([expected], [found], lines, file).mismatches.map(({ why }) => why)

describe('the same value in other words', () => {
  test.each<[string, string, string, Partial<SettingRow>]>([
    ['effective_cache_size', '1GB', '131072', { unit: '8kB' }],
    ['work_mem', '8MB', '8192', { unit: 'kB' }],
    ['checkpoint_timeout', '15min', '900', { unit: 's' }],
    ['log_rotation_age', '1d', '1440', { unit: 'min' }],
    ['wal_buffers', '16MB', '2048', { unit: '8kB' }],
    ['random_page_cost', '1.10', '1.1', { vartype: 'real' }],
    ['cursor_tuple_fraction', '5e-2', '0.05', { vartype: 'real' }],
    ['vacuum_cost_delay', '500us', '0.5', { vartype: 'real', unit: 'ms' }],
    ['seq_page_cost', '0.3333333333', '0.333333', { vartype: 'real' }],
    ['fsync', 'yes', 'on', { vartype: 'bool' }],
    ['wal_compression', 'on', 'pglz', { vartype: 'enum', enumvals: ['pglz', 'on', 'off'] }],
    ['synchronous_commit', 'true', 'on', { vartype: 'enum', enumvals: ['local', 'remote_write', 'remote_apply', 'on', 'off'] }],
    ['log_file_mode', '0640', '0640', {}],
    ['TimeZone', 'utc', 'UTC', { vartype: 'string' }],
    ['DateStyle', 'iso, dmy', 'ISO, DMY', { vartype: 'string' }],
    ['log_line_prefix', '%m [%p] ', '%m [%p] ', { vartype: 'string' }],
  ])('%s = %s is reported as %s', (name, expected, reported, more) => {
    expect(reasons(setting(name, expected), row(name, reported, more))).toEqual([])
  })

  test('the name is found in any case', () => {
    expect(reasons(setting('timezone', 'UTC'), row('TimeZone', 'UTC', { vartype: 'string' }))).toEqual([])
  })
})

describe('what is not as generated', () => {
  const other = ['the server has another value']
  test.each<[string, string, string, Partial<SettingRow>, string[]]>([
    ['another number', '1GB', '131071', { unit: '8kB' }, other],
    ['the same digits in another unit', '8MB', '8', { unit: 'kB' }, other],
    ['another real number', '1.1', '1.2', { vartype: 'real' }, other],
    ['another word', 'off', 'on', { vartype: 'bool' }, other],
    ['a text in other case', 'A', 'a', { vartype: 'string' }, other],
    ['a text with other spaces', 'a, b', 'a,b', { vartype: 'string' }, other],
    ['waiting for a restart', '1', '1', { pending_restart: true }, ['it takes effect at the next restart']],
    ['set by ALTER DATABASE', '1', '1', { source: 'database', sourcefile: null }, ['it is set elsewhere: database']],
    ['set by ALTER SYSTEM', '1', '1', { sourcefile: '/data/postgresql.auto.conf' }, ['it is set elsewhere: /data/postgresql.auto.conf']],
    ['set on the command line', '1', '1', { source: 'command line', sourcefile: null }, ['it is set elsewhere: command line']],
    ['the default, by chance the same', '1', '1', { source: 'default', sourcefile: null }, ['it is set elsewhere: default']],
  ])('%s', (_, expected, reported, more, why) => {
    expect(reasons(setting('some_setting', expected), row('some_setting', reported, more))).toEqual(why)
  })

  test('a setting that the server does not have', () => {
    expect(compareSettings([setting('pgaudit.log', 'write')], [], [], file)).toEqual({
      verified: 0,
      total: 1,
      mismatches: [{ name: 'pgaudit.log', expected: 'write', actual: '', why: 'the server does not know it' }],
    })
  })

  test('a line that the server could not apply, also one of a name that nobody generated', () => {
    const lines = [
      line('work_mem', '8MB'),
      line('shared_bufers', '1', { applied: false, error: 'unrecognized configuration parameter', sourceline: 7 }),
    ]
    const report = compareSettings([setting('work_mem', '8MB')], [row('work_mem', '8192', { unit: 'kB' })], lines, file)
    expect(report).toEqual({
      verified: 1,
      total: 1,
      mismatches: [{ name: 'shared_bufers', expected: '1', actual: '', why: 'unrecognized configuration parameter' }],
    })
  })

  test('the value found is shown with its unit', () => {
    const [mismatch] = compareSettings([setting('work_mem', '8MB')], [row('work_mem', '4096', { unit: 'kB' })], [], file).mismatches
    expect(mismatch).toMatchObject({ expected: '8MB', actual: '4096 (in kB)' })
  })
})

describe('values that the connection or the server itself changes', () => {
  test('what the server computes itself is right when that was asked for', () => {
    const computed = row('wal_buffers', '2048', { unit: '8kB', source: 'override', sourcefile: null })
    expect(reasons(setting('wal_buffers', '-1'), computed)).toEqual([])
    expect(reasons(setting('wal_buffers', '16MB'), computed)).toEqual(['it is set elsewhere: override'])
  })

  test('keep-alive shows as 0 over a Unix socket: the file counts', () => {
    const shown = row('tcp_keepalives_idle', '0', { unit: 's' })
    expect(reasons(setting('tcp_keepalives_idle', '60s'), shown, [line('tcp_keepalives_idle', '60s')])).toEqual([])
    expect(reasons(setting('tcp_keepalives_idle', '60s'), shown, [line('tcp_keepalives_idle', '90s')])).toEqual([
      'the server has another value',
    ])
  })

  test('what our own connection sets: the file counts', () => {
    const shown = row('client_encoding', 'UTF8', { vartype: 'string', source: 'client', sourcefile: null })
    expect(reasons(setting('client_encoding', 'LATIN1'), shown, [line('client_encoding', 'LATIN1')])).toEqual([])
    expect(reasons(setting('client_encoding', 'LATIN1'), shown, [line('client_encoding', 'LATIN2')])).toEqual([
      'the server has another value',
    ])
  })
})
