import type { Value } from './settings.ts'

/**
 * Values from the safest to the least safe, of settings that decide whether a crash loses what was confirmed or damages data. Settings of
 * recovery that hide damage count as well. https://www.postgresql.org/docs/current/runtime-config-wal.html
 */
const order: Readonly<Record<string, readonly (string | boolean)[]>> = {
  fsync: [true, false],
  full_page_writes: [true, false],
  synchronous_commit: ['remote_apply', 'on', 'remote_write', 'local', 'off'],
  wal_level: ['logical', 'replica', 'minimal'],
  data_sync_retry: [false, true],
  zero_damaged_pages: [false, true],
  ignore_checksum_failure: [false, true],
  ignore_invalid_pages: [false, true],
  ignore_system_indexes: [false, true],
}

/** Steps of the order that lose nothing by themselves on one server: up to a commit that waits for its own disk. */
const harmless: Readonly<Record<string, readonly string[]>> = {
  synchronous_commit: ['remote_apply', 'on', 'remote_write', 'local'],
  wal_level: ['logical', 'replica'],
}

/** Whether the new value makes a crash, or what follows it, lose more than before. */
export function weakerDurability(name: string, before: Value, after: Value): boolean {
  const values = Object.hasOwn(order, name) ? order[name]! : []
  const [from, to] = [before, after].map(({ base }) => values.indexOf(base as string | boolean)) as [number, number]
  if (to < 0 || to <= from) return false
  return !(harmless[name]?.includes(String(after.base)) ?? false)
}

/** Whether WAL is no longer archived: what was archived so far leads to no later point in time. */
export const endsArchive = (name: string, before: Value, after: Value): boolean =>
  (name === 'archive_mode' && before.base !== 'off' && after.base === 'off') ||
  (/^archive_(?:command|library)$/.test(name) && Boolean(before.text) && after.text === '')
