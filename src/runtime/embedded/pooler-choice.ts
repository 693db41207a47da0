import { loadPgBouncerCatalog } from '../../fleet/catalog.ts'
import { cataloguedVersion } from '../../fleet/pool.ts'
import type { InstalledPooler } from '../../fleet/types.ts'
import type { Owner } from '../../io/owned-files.ts'
import { findPgBouncer, type PgBouncerSearch } from '../../io/pgbouncer-binary.ts'
import { userName } from '../../io/server-user.ts'

/** Names no program, but that none is wanted. */
const none = 'none'

/** The PgBouncer that embedded servers get in front of them, or why they get none: for the target. */
export async function choosePooler(search: PgBouncerSearch, user: Owner): Promise<InstalledPooler | string> {
  if (search.named === none) return 'PGFLEET_PGBOUNCER says none'
  const found = await findPgBouncer(search, user)
  if (typeof found === 'string') return found
  const [catalog, osUser] = await Promise.all([loadPgBouncerCatalog(), userName(user)])
  const catalogued = cataloguedVersion(found.version, catalog)
  if (catalogued === undefined) return `${found.program} is PgBouncer ${found.version}, which is too old`
  if (osUser === undefined) return 'the user that servers run as has no name to know the pooler by'
  return { ...found, catalogued, osUser }
}
