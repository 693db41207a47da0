import { lookupFunction, lookupOwner } from '../../src/fleet/database-names.ts'
import { pooledRole } from '../../src/fleet/roles.ts'
import { hasLookup } from '../../src/fleet/server-roles.ts'
import type { Service } from '../../src/fleet/types.ts'
import { sqlIdentifier, sqlLiteral } from '../quote.ts'
import { render } from './lookup.hbs'

/** The function that PgBouncer asks for verifiers; nothing where there is no pooler. */
export const lookupSection = (service: Service): string =>
  hasLookup(service) ? render({ lookupFunction, lookupOwner: sqlIdentifier(lookupOwner), pooled: sqlLiteral(pooledRole) }) : ''
