import { poolerRole } from '../../../fleet/roles.ts'
import { superuserRole } from '../../../fleet/server-roles.ts'
import type { Service } from '../../../fleet/types.ts'
import { startupAnswer } from '../../../io/protocol-probe.ts'
import { canLogIn } from '../../secrets/pool-login.ts'
import type { Finding } from '../check.ts'
import type { CheckAbout } from '../check-run.ts'
import { type Ends, endsOf } from './encryption.ts'

export const refusals: CheckAbout = {
  id: 'refusals',
  title: 'the superuser cannot log in over TCP, and the pool refuses it, its own role and an unknown one with the same words',
  help: 'run `pgfleet apply`',
}

/** Invalid authorization specification: pg_hba.conf rejects. */
const rejected = '28000'

/** No role has this name: it is reserved. */
const unknownRole = 'pg_nobody'

/** What happens to those who may not come. Throws `probe` when the server cannot be asked. */
export async function checkRefusals(service: Service, { project, ca }: Ends): Promise<Finding[]> {
  const [server, pooler] = endsOf(service, project)
  const { database } = service
  const direct = await startupAnswer(server.place, { user: superuserRole, database }, { servername: server.servername, ca })
  const findings: Finding[] = []
  if (direct.kind !== 'refused' || direct.code !== rejected)
    findings.push({
      what: `server: ${superuserRole} over TCP`,
      expected: 'rejected by pg_hba.conf',
      actual: direct.kind === 'refused' ? direct.message : 'asked for a password',
    })
  // Any password: the superuser and the role of the pooler have none.
  const attempts = await Promise.all(
    [superuserRole, poolerRole, unknownRole].map(async (user) => ({
      user,
      answer: (await canLogIn({ ...pooler.place, database, user, password: 'none', ca })) ?? 'logged in',
    })),
  )
  const usual = attempts.at(-1)!.answer
  for (const { user, answer } of attempts)
    if (answer === 'logged in' || answer !== usual)
      findings.push({ what: `pooler: ${user}`, expected: `refused as a role that does not exist: ${usual}`, actual: answer })
  return findings
}
