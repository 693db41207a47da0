import { type TuningGroup, word } from './tuning.ts'

export const logging: TuningGroup = {
  title: 'Logging',
  *tune({ compliance, workload }) {
    yield word('log_destination', 'stderr', 'the log goes where the container engine collects it')
    yield word('logging_collector', 'off', 'no second copy inside the data directory')
    yield word('log_line_prefix', '%m [%p] %q%u@%d/%a ', 'time, process, user, database, application')
    yield word('log_timezone', 'UTC', 'one clock for the fleet')
    yield word('TimeZone', 'UTC', 'one clock for the fleet')
    const slow = workload === 'analytics' ? '5s' : '500ms'
    yield word('log_min_duration_statement', slow, `what is slow for ${workload} work`)
    yield word('log_parameter_max_length_on_error', '0', 'values of parameters stay out of the log')
    yield word('log_parameter_max_length', '0', 'values of parameters stay out of the log')
    yield word('log_lock_waits', 'on', 'waits over deadlock_timeout are seen')
    yield word('log_checkpoints', 'on', 'a busy checkpointer is seen')
    yield word('log_temp_files', '10MB', 'sorts that outgrow work_mem are seen')
    yield word('log_autovacuum_min_duration', '1min', 'long vacuums are seen')
    const audited = compliance ? 'on' : 'off'
    const why = compliance ? 'who connected when is part of the audit' : 'pools connect often'
    yield word('log_connections', audited, why)
    yield word('log_disconnections', audited, why)
    yield word('track_io_timing', 'on', 'reads and writes show in statistics')
  },
}
