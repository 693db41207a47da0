// What can be done before there is a data directory. Knows no client of PostgreSQL, which takes its time to load.
import { join } from 'node:path'
import type { Service } from '../../fleet/types.ts'
import { ownFolder } from '../../io/owned-files.ts'
import type { Passwords } from './passwords.ts'
import { writePoolerFiles } from './pooler-files.ts'
import type { OnProgress } from './progress.ts'
import type { ServerSet } from './server-set.ts'
import { type ServiceArtifacts, writeConfiguration, writeVerifiers } from './service-files.ts'
import type { StateFolder } from './state-folder.ts'

export type BootContext = {
  readonly state: StateFolder
  readonly servers: ServerSet
  readonly passwords: Passwords
  readonly onProgress: OnProgress
}

/** Where a service has its data, configuration and socket. */
export const serviceFolder = ({ servers }: StateFolder, service: string): string => join(servers, service)

/** Everything that a server needs but its data: can be done while the data directory to copy is still being made. */
export async function prepareService(service: Service, artifacts: ServiceArtifacts, context: BootContext): Promise<void> {
  const { state, passwords, onProgress } = context
  onProgress({ kind: 'service', service: service.key, state: 'preparing' })
  await ownFolder(serviceFolder(state, service.key), 0o755)
  await Promise.all([
    writeConfiguration(service, artifacts, state.user).then(() =>
      writePoolerFiles(service, artifacts.pooler?.content, passwords, state.user),
    ),
    writeVerifiers(service, passwords, state.user),
  ])
}
