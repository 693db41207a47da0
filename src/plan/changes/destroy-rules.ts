import type { DestroyRule } from './types.ts'

/** What each rule of destruction stands for, in a sentence or two. */
export const destroyMeaning: Readonly<Record<DestroyRule, string>> = {
  'service-removed': 'A service is no longer declared. Its containers are to be removed, and its volume stays until it is removed by hand.',
  'database-replaced':
    'The database of a service has another name. Nothing is carried over: the old one is left behind, the new one is to be made and filled by hand.',
  'volume-replaced':
    'The data of a server is looked for in another volume, which is empty: the volume, the key of the service or the name of the fleet changed.',
  'schema-removed': 'A schema is no longer declared: nothing grants, checks or keeps it any more.',
  'role-removed': 'A role is no longer declared: it cannot log in any more. What it owns stays.',
  'extension-removed': 'An extension is no longer declared. Columns, indexes and functions that use it keep it from being dropped.',
  'retention-shortened': 'Rows are kept for a shorter time, or no longer for ever: the next night deletes what is older.',
  'backup-reduced': 'Backups are kept for a shorter time, or verified less often.',
  'durability-off':
    'A crash may lose transactions that were confirmed, or damage data: fsync, full_page_writes, synchronous_commit, wal_level.',
  'major-on-same-volume': 'Another major version is to start on the files of the old one: it refuses, and the way is dump and restore.',
}
