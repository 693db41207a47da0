import { parseDuration } from '../../fleet/units.ts'
import { OperationError } from '../../io/operation-error.ts'
import type { Tier } from '../../runtime/ops/backup-place.ts'
import { expireBackups } from '../../runtime/ops/expire-backups.ts'
import { takeBackup, withBackupLock } from '../../runtime/ops/take-backup.ts'
import type { Context } from '../context.ts'
import { type ExitCode, exitCode } from '../exit-codes.ts'
import { printFailure } from '../failure.ts'
import { accessFiles, inOps, opsFolder, readFleet, servicesOf } from '../ops.ts'
import { secondsText, sizeText } from '../quantities.ts'

type Options = { tier: Tier; service?: string[]; keep?: string; fleet: string }

/** One service after the other; one that fails does not stop the others. */
export async function run({ tier, service: keys = [], keep, fleet: file }: Options, context: Context): Promise<ExitCode> {
  const fleet = await readFleet(file, context)
  const services = servicesOf(fleet, keys, context)
  if (!services) return exitCode.usage
  const words = ['backup', 'run', tier, ...(keep === undefined ? [] : [`--keep=${keep}`]), ...keys.map((key) => `--service=${key}`)]
  return inOps(fleet, words, context, async (signal) => {
    const { err, env, now } = context
    const root = opsFolder('PGFLEET_BACKUPS', context)
    const options = { root, files: accessFiles(context), tools: { path: env['PATH'] ?? '', signal }, now }
    const failed: string[] = []
    for (const service of services) {
      if (signal.aborted) throw new OperationError('interrupted', `the ${tier} backup was stopped before ${service.key}`)
      try {
        await withBackupLock(root, service.key, now(), async () => {
          const { files, bytes, started, ended } = await takeBackup(service, tier, options)
          const seconds = (Date.parse(ended) - Date.parse(started)) / 1000
          err(`${service.key}: ${files.length} files, ${sizeText(bytes)}, ${secondsText(seconds)}\n`)
          if (keep === undefined) return
          for (const { name } of await expireBackups(root, service.key, tier, parseDuration(keep).seconds, now()))
            err(`${service.key}: removed ${tier}/${name}, which is older than ${keep}\n`)
        })
      } catch (error) {
        failed.push(service.key)
        err(`${service.key}: `)
        printFailure(error, err)
      }
    }
    if (failed.length === 0) return exitCode.clean
    err(`no ${tier} backup of ${failed.join(', ')}\n`)
    return exitCode.failed
  })
}
