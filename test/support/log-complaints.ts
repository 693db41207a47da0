/** Severity as PostgreSQL prints it (after log_line_prefix, with a colon and two spaces) and as PgBouncer does (after the process). */
const postgres = /^\d\S+ \S+ UTC \[\d+\] (?:.*? )??([A-Z]+\d?): {2}/
const pgbouncer = /^\d\S+ \S+ UTC \[\d+\] ([A-Z]+) /
const severe = new Set(['WARNING', 'ERROR', 'FATAL', 'PANIC'])

/** Lines of a container's log that are a warning or worse: by severity where a line has one, by the word in lines of scripts. */
export const complaintsIn = (log: string): string[] =>
  log.split('\n').filter((line) => {
    const severity = postgres.exec(line)?.[1] ?? pgbouncer.exec(line)?.[1]
    // A line that begins with a tab goes on with the one before.
    return severity === undefined ? /^[^\t].*\b(warning|error|fatal|panic)\b/i.test(line) : severe.has(severity)
  })
