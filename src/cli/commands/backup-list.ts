import { table } from '../../report/table.ts'
import { visible } from '../../report/visible.ts'
import { readManifest } from '../../runtime/ops/backup-manifest.ts'
import { allPlacesOf } from '../../runtime/ops/backup-place.ts'
import type { Context } from '../context.ts'
import { type ExitCode, exitCode } from '../exit-codes.ts'
import { inOps, opsFolder, readFleet, servicesOf } from '../ops.ts'
import { secondsText, sizeText } from '../quantities.ts'

type Options = { services: string[]; json: boolean; fleet: string }

export async function run({ services: keys, json, fleet: file }: Options, context: Context): Promise<ExitCode> {
  const fleet = await readFleet(file, context)
  const services = servicesOf(fleet, keys, context)
  if (!services) return exitCode.usage
  return inOps(fleet, ['backup', 'list', ...(json ? ['--json'] : []), '--', ...keys], context, async () => {
    const { out, err, colorsOut } = context
    const root = opsFolder('PGFLEET_BACKUPS', context)
    const backups = []
    for (const { key } of services)
      for (const { service, tier, name, taken, folder } of await allPlacesOf(root, key)) {
        const manifest = await readManifest(folder).catch(() => undefined)
        const { ended, server, client, bytes, files } = manifest ?? {}
        backups.push({
          service,
          tier,
          name,
          taken: taken.toISOString(),
          complete: manifest !== undefined,
          ended,
          server,
          client,
          bytes,
          files: files?.length,
        })
      }
    if (json) out(`${JSON.stringify(backups, null, 2)}\n`)
    else if (backups.length === 0) err('there is no backup yet\n')
    else {
      const rows = backups.map(({ service, tier, taken, ended, bytes, server }) => [
        service,
        tier,
        taken.slice(0, 19).replace('T', ' '),
        ended === undefined ? '-' : secondsText((Date.parse(ended) - Date.parse(taken)) / 1000),
        bytes === undefined ? 'no manifest' : sizeText(bytes),
        visible(server ?? '-'),
      ])
      out(
        table([['SERVICE', 'TIER', 'TAKEN (UTC)', 'TOOK', 'SIZE', 'SERVER'], ...rows], (cell, row) =>
          row === 0 ? colorsOut.bold(cell) : cell,
        ),
      )
    }
    return exitCode.clean
  })
}
