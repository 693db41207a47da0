import { fleetSchema } from '../../../fleet/database-names.ts'
import type { Service } from '../../../fleet/types.ts'
import { dockerFailure, tryDocker } from '../../../io/docker.ts'
import { OperationError } from '../../../io/operation-error.ts'
import { parsePsqlError } from '../../../io/psql-error.ts'
import type { Queryable } from '../../verify/verify-settings.ts'
import { type ComposeProject, serverContainer } from '../project.ts'

/** Runs the init script of a service in its container, which copies new secrets first. Gives the names of migrations that were new. */
export async function applySql(project: ComposeProject, service: Service, client: Queryable): Promise<string[]> {
  const before = await applied(client)
  const args = ['exec', serverContainer(project, service.key), 'pgfleet-apply']
  const { code, stderr } = await tryDocker(args)
  if (code !== 0) throw sqlFailure(args, stderr)
  return [...(await applied(client))].filter((name) => !before.has(name))
}

async function applied(client: Queryable): Promise<Set<string>> {
  const { rows } = await client.query(`select name from ${fleetSchema}.migrations order by name`)
  return new Set((rows as { name: string }[]).map(({ name }) => name))
}

/** In the hand-written file where the error is in a migration, and in the generated script. */
function sqlFailure(args: readonly string[], stderr: string): OperationError {
  const error = parsePsqlError(stderr)
  if (!error) return dockerFailure(args, stderr)
  const { message, detail, hint, script, scriptLine, source } = error
  const generated = `${script.replace(/^.*\//, '')}:${scriptLine}`
  const place = source ? `${source.file}:${source.line}, by way of ${generated}` : generated
  return new OperationError(
    'apply-sql',
    [`${message} (${place})`, detail].filter(Boolean).join('\n'),
    hint ?? 'Nothing of the script took effect: it is one transaction.',
  )
}
