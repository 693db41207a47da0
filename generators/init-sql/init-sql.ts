import { type Artifact, header } from '../../src/artifact.ts'
import type { Service } from '../../src/fleet/types.ts'
import { sha256 } from '../../src/sha256.ts'
import type { Generator } from '../generator.ts'
import { lineComment, sqlLiteral } from '../quote.ts'
import { renderBlocks } from './blocks.ts'
import { defaultPrivilegesSection } from './default-privileges.ts'
import { render as renderEpilogue } from './epilogue.hbs'
import { grantsSection } from './grants.ts'
import { render as renderLedger } from './ledger.hbs'
import { lookupSection } from './lookup.ts'
import { migrationsSection } from './migrations.ts'
import { render as renderPrologue } from './prologue.hbs'
import { retentionSection } from './retention.ts'
import { rolesSection } from './roles.ts'
import { schemasSection } from './schemas.ts'
import { secretsSection } from './secrets.ts'
import { timeseriesSection } from './timeseries.ts'

export const initSql: Generator = {
  name: 'init-sql',
  summary: 'Convergent script of each database: roles, extensions, schemas, migrations, time series, retention, privileges, passwords',
  *generate({ services }) {
    for (const service of services) yield initScript(service)
  },
}

/** In the order in which they need each other. */
const sections: readonly ((service: Service) => string)[] = [
  prologue,
  () => renderLedger({}),
  rolesSection,
  schemasSection,
  defaultPrivilegesSection,
  migrationsSection,
  timeseriesSection,
  retentionSection,
  lookupSection,
  grantsSection,
  secretsSection,
]

/** The script of one service. It ends with a hash of itself, which the database keeps. */
export function initScript(service: Service): Artifact {
  const parts = sections.map((section) => section(service)).filter((part) => part !== '')
  const script = `${parts.join('\n')}\n`
  const checksum = sha256(script)
  return {
    path: `infrastructure/postgres/${service.key}-db-init.sql`,
    kind: 'sql',
    mode: 0o644,
    content: script + renderEpilogue({ sha256: checksum }),
  }
}

function prologue({ host, summary, database, major }: Service): string {
  const title = lineComment(summary === '' ? host : `${host}: ${summary}`)
  return renderBlocks(renderPrologue, { header, title, databaseLiteral: sqlLiteral(database), major, transactionTimeout: major >= 17 })
}
