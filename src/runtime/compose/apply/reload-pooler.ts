import type { Artifact } from '../../../artifact.ts'
import type { Fleet, Service } from '../../../fleet/types.ts'
import { OperationError } from '../../../io/operation-error.ts'
import type { Queryable } from '../../verify-settings.ts'
import { type ComposeProject, poolerContainer } from '../project.ts'
import { withConsole } from '../sql.ts'
import { databaseDifferences, keyDifferences, type PoolerDifference, poolerKeys } from './pooler-config.ts'

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
  const file = (path: string) => artifacts.get(path)?.content ?? ''
  const wanted = new Map([
    ...poolerKeys(file('infrastructure/postgres/connection-pools.conf'), 'pgbouncer'),
    ...poolerKeys(file(`infrastructure/pgbouncer/${service.key}/pgbouncer.ini`)),
  ])
  return withConsole(project, service, async (console) => {
    const before = await differences(console, wanted, service)
    // Also when all is equal: [users] and the certificates are shown nowhere.
    await console.query('RELOAD')
    const after = await differences(console, wanted, service)
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

async function differences(console: Queryable, wanted: ReadonlyMap<string, string>, service: Service): Promise<PoolerDifference[]> {
  const config = (await console.query('SHOW CONFIG')).rows as Record<string, string | null>[]
  const databases = (await console.query('SHOW DATABASES')).rows as Record<string, string | null>[]
  return [...keyDifferences(wanted, config), ...databaseDifferences(service, databases)]
}
