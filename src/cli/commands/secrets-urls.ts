import { join } from 'node:path'
import { hostPassfile } from '../../fleet/secret-paths.ts'
import { composeTarget } from '../../fleet/targets.ts'
import { table } from '../../report/table.ts'
import { visible } from '../../report/visible.ts'
import { connectionUrls } from '../../runtime/secrets/urls.ts'
import type { Context } from '../context.ts'
import { type ExitCode, exitCode } from '../exit-codes.ts'
import { load } from '../load.ts'
import { printFindings } from '../print-findings.ts'
import { projectOf, servicesNamed, shellPath } from '../secrets-dir.ts'

type Options = { services: string[]; file: string; secrets?: string; showPasswords: boolean; json: boolean }

export async function run({ services: names, file, secrets, showPasswords, json }: Options, context: Context): Promise<ExitCode> {
  const loaded = await load(file, composeTarget, context)
  if (!loaded.fleet) {
    printFindings(loaded, json ? 'json' : 'pretty', context)
    return exitCode.findings
  }
  const services = servicesNamed(names, loaded.fleet, context)
  if (!services) return exitCode.usage
  const { secrets: folder, bind } = projectOf(loaded.fleet, loaded.root, secrets, context)
  const urls = await connectionUrls(services, { folder, bind, withPasswords: showPasswords })
  const passfile = join(folder, hostPassfile)
  if (json) context.out(`${JSON.stringify(showPasswords ? { urls } : { passfile, urls }, null, 2)}\n`)
  else {
    const rows = urls.map(({ service, role, through, url }) => [service, visible(role), through, url])
    const { bold } = context.colorsOut
    context.out(table([['SERVICE', 'ROLE', 'THROUGH', 'URL'], ...rows], (cell, row) => (row === 0 ? bold(cell) : cell)))
  }
  if (!showPasswords)
    context.err(`The passwords: export PGPASSFILE=${shellPath(context, passfile)}, or --show-passwords to have them in the URLs\n`)
  return exitCode.clean
}
