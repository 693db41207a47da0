// Names inside every database that more than one place needs.
import type { Service } from './types.ts'

/** Schema of the superuser: ledger of the migrations, retention, password lookup. No other role creates anything in it. */
export const fleetSchema = 'pgfleet'

/** Schema of the extensions, so that a service's own schemas hold its own objects only. */
export const extensionSchema = 'extensions'

/** Function that PgBouncer asks for passwords: one row whatever is asked, its password null for everybody who may not come through the pool. */
export const lookupFunction = 'lookup'
/** Owner of that function, the only role beside the superuser that reads verifiers. It cannot log in. */
export const lookupOwner = 'pgbouncer_lookup'

/** Procedure that deletes what is older than services.yaml says. */
export const retentionProcedure = 'apply_retention'

/** Table of how long rows are kept, and which have been deleted. */
export const retentionLedger = 'retention'

/** Schemas that belong to the service; where it declares none it lives in `public`. */
export const serviceSchemas = ({ schemas }: Service): readonly string[] => (schemas.length > 0 ? schemas : ['public'])

/** Condition that holds in a database once its init script has run to the end. Before, the table is missing: an error, too. */
export const initCompleted = `EXISTS (SELECT FROM ${fleetSchema}.init WHERE completed)`
