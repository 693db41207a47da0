import type { Artifact } from '../../../artifact.ts'
import type { Fleet, Service } from '../../../fleet/types.ts'
import { OperationError } from '../../../io/operation-error.ts'
import { poolerConfig } from '../../verify/checks/pooler-config.ts'
import { entryFindings } from '../../verify/checks/pooler-databases.ts'
import type { Queryable } from '../../verify/verify-settings.ts'
import { type ComposeProject, poolerContainer } from '../project.ts'
import { withConsole } from '../sql.ts'

/** A key of the pooler whose running value is not that of its file. */
export type PoolerDifference = { readonly name: string; readonly running: string; readonly file: string }

export type PoolerReload = {
  /** Keys that have another value now. */
  readonly changed: readonly string[]
  /** Keys that only a restart changes. */
  readonly pending: readonly PoolerDifference[]
}

/** Makes a pooler read its files when it runs with something else, and looks whether it did: RELOAD answers the same when it could not. */
export async function reloadPooler(
  fleet: Fleet,
  project: ComposeProject,
  service: Service,
  artifacts: ReadonlyMap<string, Artifact>,
): Promise<PoolerReload> {
  const known = fleet.catalogs.pgbouncer[fleet.pgbouncerVersion]?.keys ?? {}
  const differences = async (console: Queryable): Promise<PoolerDifference[]> => {
    const subject = { service, artifacts }
    const findings = [...(await poolerConfig.run(subject, console)).findings, ...(await entryFindings(subject, console))]
    return findings.map(({ what, expected, actual }) => ({ name: what, running: actual, file: expected }))
  }
  return withConsole(project, service, async (console) => {
    const before = await differences(console)
    // Also when all is equal: the certificates are shown nowhere.
    await console.query('RELOAD')
    const after = await differences(console)
    const isPending = ({ name }: PoolerDifference) => known[name]?.changeable === false
    const refused = after.filter((one) => !isPending(one))
    if (refused.length > 0) {
      const list = refused.map(({ name, running, file }) => `${name} is ${running}, and its file says ${file}`)
      throw new OperationError(
        'pooler-reload',
        `the pooler did not take its configuration:\n${list.join('\n')}`,
        `It runs on with what it had. Its log says why: docker logs --tail 20 ${poolerContainer(project, service.key)}`,
      )
    }
    const left = new Set(after.map(({ name }) => name))
    return { changed: before.map(({ name }) => name).filter((name) => !left.has(name)), pending: after }
  })
}
