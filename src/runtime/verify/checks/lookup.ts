import { fleetSchema, lookupFunction } from '../../../fleet/database-names.ts'
import { pooledRole } from '../../../fleet/roles.ts'
import { hasLookup, serverRoles } from '../../../fleet/server-roles.ts'
import { type Check, type Outcome, rowsOf, type Subject } from '../check.ts'

/** Asks as the pooler does, for every role. Who may not come gets a verifier as well, only not that of the role: both stay in the server. */
const query = `
  SELECT rolname AS name, coalesce(answer.password = rolpassword, false) AS admitted
  FROM pg_authid CROSS JOIN LATERAL ${fleetSchema}.${lookupFunction}(rolname::text) answer
  ORDER BY 1`

async function checkLookup({ service, server }: Subject): Promise<Outcome> {
  if (!hasLookup(service)) return { findings: [], figures: {} }
  const rows = await rowsOf<{ name: string; admitted: boolean }>(server, query)
  const pooled = new Set(
    serverRoles(service)
      .filter(({ memberOf }) => memberOf.includes(pooledRole))
      .map(({ name }) => name),
  )
  const text = (admitted: boolean) => (admitted ? 'gives its verifier' : 'does not give its verifier')
  const findings = rows
    .filter(({ name, admitted }) => admitted !== pooled.has(name))
    .map(({ name, admitted }) => ({ what: `lookup of ${name}`, expected: text(!admitted), actual: text(admitted) }))
  return { findings, figures: { roles: rows.length } }
}

export const lookup: Check = {
  id: 'lookup',
  title: 'the pooler gets verifiers of the roles that may come through it, and of no others',
  help: 'apply',
  run: checkLookup,
}
