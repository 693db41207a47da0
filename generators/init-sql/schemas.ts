import { extensionSchema, serviceSchemas } from '../../src/fleet/database-names.ts'
import { ownerOf } from '../../src/fleet/server-roles.ts'
import type { Service } from '../../src/fleet/types.ts'
import { sqlIdentifier, sqlLiteral } from '../quote.ts'
import { renderBlocks } from './blocks.ts'
import { render } from './schemas.hbs'

/** What unqualified names mean, to applications and to migrations. */
export const searchPath = (service: Service): string => [...serviceSchemas(service), extensionSchema].map(sqlIdentifier).join(', ')

/** Ownership, extensions in a schema of their own, the service's schemas and the search path. */
export function schemasSection(service: Service): string {
  return renderBlocks(render, {
    database: sqlIdentifier(service.database),
    owner: sqlIdentifier(ownerOf(service)),
    comment: sqlLiteral(databaseComment(service)),
    extensionSchema,
    extensions: service.extensions.map(({ name }) => sqlLiteral(name)).join(', '),
    schemas: serviceSchemas(service).map(sqlIdentifier),
    searchPath: searchPath(service),
  })
}

const databaseComment = ({ key, summary, compliance }: Service): string =>
  `${summary === '' ? key : summary}${compliance.length > 0 ? ` (${compliance.join(', ')})` : ''}`
