import type { Migration } from '../../src/fleet/data-types.ts'
import { ownerOf } from '../../src/fleet/server-roles.ts'
import type { Service } from '../../src/fleet/types.ts'
import { dollarQuote, lineComment, sqlComment, sqlIdentifier, sqlLiteral } from '../quote.ts'
import { renderBlocks } from './blocks.ts'
import { render as renderMigration } from './migration.hbs'
import { render } from './migrations.hbs'
import { searchPath } from './schemas.ts'
import { withRows } from './with-rows.ts'

/** Checks what was applied against what is there now, and applies what is new, as the owner. */
export function migrationsSection(service: Service): string {
  const files = service.migrations.map(({ name, path, sha256 }) => [name, path, sha256])
  return renderBlocks(render, {
    files: withRows('file', ['name', 'path', 'sha256'], files),
    folder: sqlLiteral(service.sqlFolder ?? 'services.yaml'),
    migrations: service.migrations.map((migration) => ({ path: lineComment(migration.path), body: migrationBody(migration, service) })),
  })
}

/**
 * A block that applies one file. Each statement is executed by itself with its place in front: an error inside many statements at once
 * says nothing of where it happened, and this comment is part of its context.
 */
function migrationBody({ name, path, sha256, statements }: Migration, service: Service): string {
  const body = renderMigration({
    name: sqlLiteral(name),
    sha256: sqlLiteral(sha256),
    searchPath: searchPath(service),
    owner: sqlIdentifier(ownerOf(service)),
    statements: statements.map(({ text, at }) => dollarQuote(`${sqlComment(`${path}:${at.start.line}`)} ${text}`)),
  })
  return dollarQuote(body)
}
