// What the server checks beyond type and range (the check hooks of guc_tables.c) and refuses to start on.
// https://github.com/postgres/postgres/blob/REL_17_STABLE/src/backend/utils/misc/guc_tables.c

type Base = number | string | boolean
/** What must hold, completing "<value> is no value of <setting>: ...", and what to write instead. */
type Check = { readonly holds: (base: Base) => boolean; readonly message: string; readonly help: string }

/** The broken check of a value that parseSetting took, undefined where it is fine. `base` is in base units. */
export function brokenCheck(name: string, base: Base): Omit<Check, 'holds'> | undefined {
  const check = Object.hasOwn(checks, name) ? checks[name] : undefined
  return check && !check.holds(base) ? check : undefined
}

const multipleOf16: Check = {
  holds: (base) => Number(base) % 16 === 0,
  message: 'it is not a multiple of 16 buffers',
  help: 'write a multiple of 16, e.g. 32',
}

function listOf(...words: string[]): Check {
  return {
    holds: (base) => items(base).every((item) => words.includes(item)),
    message: 'it is not a list of its words',
    help: `write one or more of ${words.join(', ')}, separated by commas`,
  }
}

const items = (base: Base) =>
  String(base)
    .split(',')
    .map((item) => item.trim().toLowerCase())
    .filter((item, _, all) => item !== '' || all.length > 1)

/** SplitIdentifierString: names separated by commas, in double quotes where they have other characters. */
const identifier = String.raw`(?:"(?:[^"]|"")*"|[^\s,"][^\s,]*)`
const identifiers: Check = {
  holds: (base) => new RegExp(String.raw`^\s*(?:${identifier}(?:\s*,\s*${identifier})*)?\s*$`).test(String(base)),
  message: 'it is not a list of names',
  help: 'write names separated by commas',
}

/** The zones of the tz database, which this program and PostgreSQL share, and POSIX forms such as EST5EDT. */
const timeZone: Check = {
  holds: (base) => /^(<[A-Za-z0-9+-]{3,}>|[A-Za-z]{3,})[+-]?[0-9]/.test(String(base)) || isZone(String(base)),
  message: 'it is not a known time zone',
  help: 'write a name of the tz database, e.g. UTC or Europe/Berlin',
}

function isZone(name: string): boolean {
  try {
    return Boolean(new Intl.DateTimeFormat('en', { timeZone: name }))
  } catch {
    return false
  }
}

const checks: Record<string, Check> = {
  commit_timestamp_buffers: multipleOf16,
  multixact_member_buffers: multipleOf16,
  multixact_offset_buffers: multipleOf16,
  notify_buffers: multipleOf16,
  serializable_buffers: multipleOf16,
  subtransaction_buffers: multipleOf16,
  transaction_buffers: multipleOf16,
  vacuum_buffer_usage_limit: {
    holds: (base) => base === 0 || Number(base) >= 128,
    message: 'it is below 128kB',
    help: 'write 0 or a value from 128kB to 16GB',
  },
  max_stack_depth: {
    holds: (base) => Number(base) <= 7680,
    message: 'it is above what the usual stack limit of 8MB leaves',
    help: 'write a value from 100kB to 7680kB',
  },
  bonjour: { holds: (base) => base === false, message: 'no build has Bonjour', help: 'leave it out' },
  log_destination: listOf('stderr', 'csvlog', 'jsonlog', 'syslog'),
  createrole_self_grant: listOf('set', 'inherit'),
  restrict_nonsystem_relation_kind: listOf('view', 'foreign-table'),
  debug_io_direct: listOf('data', 'wal', 'wal_init'),
  search_path: identifiers,
  temp_tablespaces: identifiers,
  TimeZone: timeZone,
  log_timezone: timeZone,
}
