import { setTimeout } from 'node:timers/promises'
import { serverUser } from '../../../fleet/container-names.ts'
import type { Fleet, Service } from '../../../fleet/types.ts'
import { docker } from '../../../io/docker.ts'
import { OperationError } from '../../../io/operation-error.ts'
import type { Queryable } from '../../verify/verify-settings.ts'
import { type ComposeProject, serverContainer } from '../project.ts'
import { fileMistakes, type PendingSetting, pendingSettings } from './file-settings.ts'

export type ServerReload = {
  /** Whether the files had changed since the server read them. */
  readonly reloaded: boolean
  /** Settings that have another value now. */
  readonly changed: readonly string[]
  readonly pending: readonly PendingSetting[]
}

/** Makes a server read its configuration files when they changed, unless they have a mistake: then nothing of them would be applied. */
export async function reloadServer(fleet: Fleet, project: ComposeProject, service: Service, client: Queryable): Promise<ServerReload> {
  // The addresses in pg_hba.conf of another copy are its own.
  if (project.subnetBase !== fleet.network.base)
    await docker(['exec', '--user', String(serverUser), serverContainer(project, service.key), 'pgfleet-hba'])
  const mistakes = await fileMistakes(client)
  if (mistakes.length > 0)
    throw new OperationError(
      'configuration-mistake',
      `the server would not take its configuration files:\n${mistakes.join('\n')}`,
      'Nothing was reloaded: what ran before runs on. `pgfleet generate --check` tells whether the files were edited by hand.',
    )
  if (!(await filesChanged(client))) return { reloaded: false, changed: [], pending: await pendingSettings(client) }
  const before = await values(client)
  await reload(client)
  const after = await values(client)
  const changed = [...after].filter(([name, value]) => before.get(name) !== value).map(([name]) => name)
  return { reloaded: true, changed, pending: await pendingSettings(client) }
}

/**
 * By the time of the last change to the file itself: its time of writing may come with it from elsewhere. pg_stat_file() tells whole
 * seconds, so a file of the second in which the server read it counts as changed: one reload too many does no harm.
 */
async function filesChanged(client: Queryable): Promise<boolean> {
  const { rows } = await client.query(`
    select bool_or((pg_stat_file(current_setting(name))).change >= date_trunc('second', pg_conf_load_time())) as changed
    from unnest(array['config_file', 'hba_file', 'ident_file']) as name`)
  return (rows[0] as { changed: boolean }).changed
}

/** Returns when this session has the new values. */
async function reload(client: Queryable): Promise<void> {
  const loaded = async () => ((await client.query('select pg_conf_load_time()::text as at')).rows[0] as { at: string }).at
  const before = await loaded()
  await client.query('select pg_reload_conf() as sent')
  for (let waited = 0; waited < 10_000; waited += 50) {
    if ((await loaded()) !== before) return
    await setTimeout(50)
  }
  throw new OperationError('reload', 'the server did not read its configuration files within ten seconds', 'Its log says why.')
}

async function values(client: Queryable): Promise<Map<string, string>> {
  const { rows } = await client.query('select name, setting from pg_settings')
  return new Map((rows as { name: string; setting: string }[]).map(({ name, setting }) => [name, setting]))
}
