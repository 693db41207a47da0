import type { Check, PoolerCheck } from '../check.ts'
import { access } from './access.ts'
import { columnGrants } from './column-grants.ts'
import { defaultPrivileges } from './default-privileges.ts'
import { extensions } from './extensions.ts'
import { grants } from './grants.ts'
import { init } from './init.ts'
import { lookup } from './lookup.ts'
import { memberships } from './memberships.ts'
import { migrations } from './migrations.ts'
import { ownership } from './ownership.ts'
import { poolerConfig } from './pooler-config.ts'
import { poolerDatabases } from './pooler-databases.ts'
import { roleSettings } from './role-settings.ts'
import { roles } from './roles.ts'
import { schemas } from './schemas.ts'
import { pendingRestart, settings, settingsElsewhere } from './settings.ts'

/** What a server is asked, in the order in which it is shown. */
export const serverChecks: readonly Check[] = [
  settings,
  settingsElsewhere,
  pendingRestart,
  access,
  init,
  migrations,
  extensions,
  roles,
  memberships,
  roleSettings,
  schemas,
  ownership,
  grants,
  columnGrants,
  defaultPrivileges,
  lookup,
]

/** What a pooler is asked. */
export const poolerChecks: readonly PoolerCheck[] = [poolerConfig, poolerDatabases]
