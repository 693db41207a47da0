import type { SqlFile } from './data-types.ts'
import type { Service } from './types.ts'

/** A folder of SQL: the field of the service that names it, and the files that are in it. */
export type SqlFolder = { readonly field: 'sql' | 'seed'; readonly folder: string; readonly files: readonly SqlFile[] }

/** Those that a service declares. */
export const sqlFoldersOf = ({ sqlFolder, migrations, seedFolder, seeds }: Service): SqlFolder[] => [
  ...(sqlFolder === undefined ? [] : [{ field: 'sql' as const, folder: sqlFolder, files: migrations }]),
  ...(seedFolder === undefined ? [] : [{ field: 'seed' as const, folder: seedFolder, files: seeds }]),
]
