import { visible } from '../../report/visible.ts'
import { allPlacesOf } from '../../runtime/ops/backup-place.ts'
import { verifyBackup } from '../../runtime/ops/verify-backup.ts'
import type { Context } from '../context.ts'
import { type ExitCode, exitCode } from '../exit-codes.ts'
import { inOps, opsFolder, readFleet, servicesOf } from '../ops.ts'

type Options = { services: string[]; json: boolean; fleet: string }

/** Exit code 1: a backup is broken, or a service has none. */
export async function run({ services: keys, json, fleet: file }: Options, context: Context): Promise<ExitCode> {
  const fleet = await readFleet(file, context)
  const services = servicesOf(fleet, keys, context)
  if (!services) return exitCode.usage
  return inOps(fleet, ['backup', 'verify', ...(json ? ['--json'] : []), '--', ...keys], context, async (signal) => {
    const { out, env, colorsOut } = context
    const root = opsFolder('PGFLEET_BACKUPS', context)
    const results = []
    const say = (well: boolean, text: string) => json || out(`${well ? colorsOut.green('ok') : colorsOut.red('broken')} ${visible(text)}\n`)
    for (const { key } of services) {
      const places = await allPlacesOf(root, key)
      if (places.length === 0) {
        results.push({ service: key, faults: ['there is no backup'] })
        say(false, `${key}: there is no backup`)
      }
      for (const place of places) {
        const { service, tier, name } = place
        const faults = await verifyBackup(place, { path: env['PATH'] ?? '', signal })
        results.push({ service, tier, name, faults })
        say(faults.length === 0, `${service}/${tier}/${name}${faults.length ? `: ${faults.join('; ')}` : ''}`)
      }
    }
    if (json) out(`${JSON.stringify(results, null, 2)}\n`)
    return results.every(({ faults }) => faults.length === 0) ? exitCode.clean : exitCode.findings
  })
}
