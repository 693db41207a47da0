// Which settings came and went, so that a setting of another major is told from a misspelt one without loading all catalogues
// (test/fleet/setting-history.test.ts holds this table against them).
import type { Major } from './catalog.ts'

const majors: readonly Major[] = [15, 16, 17, 18]

/** Settings that not every major has, by the majors that have them. */
const partly: readonly { readonly majors: readonly Major[]; readonly names: string }[] = [
  { majors: [15], names: 'force_parallel_mode lc_collate lc_ctype promote_trigger_file vacuum_defer_cleanup_age' },
  { majors: [15, 16], names: 'db_user_namespace old_snapshot_threshold trace_recovery_messages' },
  { majors: [15, 16, 17], names: 'ssl_ecdh_curve' },
  {
    majors: [16, 17, 18],
    names: `createrole_self_grant debug_io_direct debug_logical_replication_streaming debug_parallel_query enable_presorted_aggregate
      file_extend_method gss_accept_delegation icu_validation_level max_parallel_apply_workers_per_subscription reserved_connections
      scram_iterations send_abort_for_crash send_abort_for_kill vacuum_buffer_usage_limit`,
  },
  {
    majors: [17, 18],
    names: `allow_alter_system commit_timestamp_buffers enable_group_by_reordering event_triggers huge_pages_status io_combine_limit
      max_notify_queue_pages multixact_member_buffers multixact_offset_buffers notify_buffers output_plugin_libraries serializable_buffers
      subtransaction_buffers summarize_wal sync_replication_slots synchronized_standby_slots trace_connection_negotiation
      transaction_buffers transaction_timeout wal_summary_keep_time`,
  },
  {
    majors: [18],
    names: `autovacuum_vacuum_max_threshold autovacuum_worker_slots enable_distinct_reordering enable_self_join_elimination
      extension_control_path file_copy_method idle_replication_slot_timeout io_max_combine_limit io_max_concurrency io_method io_workers
      log_lock_failures max_active_replication_origins md5_password_warnings num_os_semaphores oauth_validator_libraries ssl_groups
      ssl_tls13_ciphers track_cost_delay_timing vacuum_max_eager_freeze_failure_rate vacuum_truncate`,
  },
]

const majorsByName = new Map(partly.flatMap(({ majors: having, names }) => names.split(/\s+/).map((name) => [name, having] as const)))

/** The majors that have a setting which not all have; undefined for one that all have or none. */
export const majorsOf = (name: string): readonly Major[] | undefined => majorsByName.get(name)

/** `PostgreSQL 17 and later`, `PostgreSQL 15 and 16 only`. */
export function describeMajors(having: readonly Major[]): string {
  if (having.at(-1) === majors.at(-1)) return having.length === 1 ? `PostgreSQL ${having[0]} only` : `PostgreSQL ${having[0]} and later`
  return having.length === 1 ? `PostgreSQL ${having[0]} only` : `PostgreSQL ${having[0]} to ${having.at(-1)} only`
}

/** Settings that no supported major has any more, and settings with a new name: what to write today. */
const former: Readonly<Record<string, string>> = {
  checkpoint_segments: 'max_wal_size',
  force_parallel_mode: 'debug_parallel_query',
  operator_precedence_warning: '',
  replacement_sort_tuples: '',
  sort_mem: 'work_mem',
  ssl_ecdh_curve: 'ssl_groups',
  ssl_renegotiation_limit: '',
  stats_temp_directory: '',
  vacuum_cleanup_index_scale_factor: '',
  vacuum_mem: 'maintenance_work_mem',
  wal_keep_segments: 'wal_keep_size',
}

/** What replaced a former setting, '' where nothing did; undefined for a name that never was one. */
export const successorOf = (name: string): string | undefined => (Object.hasOwn(former, name) ? former[name] : undefined)
