import { composeTarget } from '../../fleet/targets.ts'
import { type RotateResult, rotateSecrets } from '../../runtime/secrets/rotate.ts'
import type { Context } from '../context.ts'
import { type ExitCode, exitCode } from '../exit-codes.ts'
import { interruption } from '../interruption.ts'
import { load } from '../load.ts'
import { printFindings } from '../print-findings.ts'
import { projectOf, servicesNamed } from '../secrets-dir.ts'

type Options = { services: string[]; file: string; secrets?: string; certificates: boolean; passwords: boolean; json: boolean }

export async function run(options: Options, context: Context): Promise<ExitCode> {
  const { services: names, file, secrets, certificates, passwords, json } = options
  const { err, out, colorsErr } = context
  if (!certificates && !passwords) {
    err(`${colorsErr.red('error')}: nothing to rotate is named\n  help: add --certificates, --passwords or both\n`)
    return exitCode.usage
  }
  const loaded = await load(file, composeTarget, context)
  if (!loaded.fleet) {
    printFindings(loaded, json ? 'json' : 'pretty', context)
    return exitCode.findings
  }
  const services = servicesNamed(names, loaded.fleet, context)
  if (!services) return exitCode.usage
  const interrupted = interruption()
  try {
    const { failure, ...result } = await rotateSecrets({
      fleet: loaded.fleet,
      project: projectOf(loaded.fleet, loaded.root, secrets, context),
      services,
      certificates,
      passwords,
      now: context.now,
      signal: interrupted.signal,
      onProgress: (message) => err(`${message}\n`),
    })
    if (json) out(`${JSON.stringify(result, null, 2)}\n`)
    report(result, context)
    if (failure !== undefined && !isAbort(failure)) throw failure
    if (failure !== undefined) err('Interrupted.\n')
    return failure === undefined ? exitCode.clean : exitCode.failed
  } finally {
    interrupted.end()
  }
}

const isAbort = (error: unknown) => error instanceof Error && error.name === 'AbortError'

function report({ certificates, passwords, applications, untouched }: RotateResult, { err, colorsErr }: Context) {
  const ok = colorsErr.green('ok')
  const services = (count: number) => (count === 1 ? '1 service' : `${count} services`)
  if (certificates.length) err(`${ok} new certificates: ${services(certificates.length / 2)}\n`)
  if (passwords.length) err(`${ok} new passwords: ${services(passwords.length)}\n`)
  const waiting = [...new Set([...certificates, ...passwords].filter(({ state }) => state === 'on-disk').map(({ container }) => container))]
  if (waiting.length) err(`Not running, so only their files changed: ${waiting.join(', ')}\n`)
  const servers = passwords.filter(({ state }) => state === 'on-disk').map(({ service }) => service)
  if (servers.length) err(`When they run again, \`pgfleet apply\` gives the new passwords to: ${servers.join(', ')}\n`)
  if (applications.length)
    err(
      `Sessions live on; a new login needs the new password. Whoever does not read the password file each time must be restarted: ${applications.join(', ')}\n`,
    )
  if (untouched.length) err(`Not begun, unchanged: ${untouched.join(', ')}\n`)
}
