import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { authorityCertificate, opsSecrets } from '../../fleet/secret-paths.ts'
import type { Fleet } from '../../fleet/types.ts'
import { OperationError } from '../../io/operation-error.ts'
import { wantedFiles } from '../secrets/wanted.ts'
import type { ComposeProject } from './project.ts'

/** Throws `secrets-missing` when a container would not find its secrets; names the files. */
export function requireSecrets(fleet: Fleet, { secrets }: ComposeProject, { withOps }: { readonly withOps: boolean }): void {
  // The passwords and the key of the authority are no container's business: they may be kept elsewhere.
  const mounted = (path: string) =>
    path === authorityCertificate || path.startsWith('services/') || (withOps && path.startsWith(`${opsSecrets}/`))
  const missing = wantedFiles(fleet).filter((path) => mounted(path) && !existsSync(join(secrets, path)))
  if (missing.length === 0) return
  const shown = missing.slice(0, shownFiles).join(', ')
  const more = missing.length > shownFiles ? ` and ${missing.length - shownFiles} more` : ''
  const what = existsSync(secrets) ? `of the secrets in ${secrets}` : `there is no folder ${secrets}; of the secrets`
  throw new OperationError(
    'secrets-missing',
    `${what}, ${missing.length} ${missing.length === 1 ? 'is' : 'are'} missing: ${shown}${more}`,
    '`pgfleet secrets init` makes what is missing, and changes nothing that is there.',
  )
}

const shownFiles = 4
