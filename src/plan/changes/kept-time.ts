import type { Duration } from '../../fleet/data-types.ts'

/** Months of an interval, which have no fixed length: https://www.postgresql.org/docs/current/datatype-datetime.html#DATATYPE-INTERVAL-INPUT */
function monthsOf({ text }: Duration): number | undefined {
  const [, count, unit] = /^(\d+) (month|year)/.exec(text) ?? []
  return unit === undefined ? undefined : Number(count) * (unit === 'year' ? 12 : 1)
}

const secondsOfMonth = (365.25 / 12) * 86_400
const day = 86_400

/** What an interval means to a server, whatever its words: `1 year` is `12 months`, and no number of days. */
export function intervalText(duration: Duration | undefined): string {
  if (!duration) return ''
  const months = monthsOf(duration)
  return months === undefined ? `${duration.seconds} seconds` : `${months} months`
}

/** Whether rows that the old interval kept are older than the new one. For ever is longer than anything. */
export function shorter(before: Duration | undefined, after: Duration | undefined): boolean {
  if (!after) return false
  if (!before) return true
  const [old, now] = [monthsOf(before), monthsOf(after)]
  if (old !== undefined && now !== undefined) return now < old
  if (old !== undefined) return after.seconds < Math.ceil((old * secondsOfMonth) / day) * day
  if (now !== undefined) return Math.floor((now * secondsOfMonth) / day) * day < before.seconds
  return after.seconds < before.seconds
}
