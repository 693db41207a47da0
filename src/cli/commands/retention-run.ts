import { retentionCall, runCall } from '../../runtime/ops/run-call.ts'
import type { Context } from '../context.ts'
import { type ExitCode, exitCode } from '../exit-codes.ts'
import { accessFiles, inOps, named, readFleet } from '../ops.ts'

type Options = { service: string; timeout: number; fleet: string }

export async function run({ service: key, timeout, fleet: file }: Options, context: Context): Promise<ExitCode> {
  const fleet = await readFleet(file, context)
  const kept = fleet.services.filter(({ retention }) => retention)
  const service = named('service with retention', key, kept, (one) => one.key, context)
  if (!service) return exitCode.usage
  return inOps(fleet, ['retention', 'run', key, `--timeout=${timeout}`], context, async (signal) => {
    const onNotice = (text: string) => context.err(`${text}\n`)
    await runCall(service, retentionCall, 'retention', { files: accessFiles(context), timeout, signal, onNotice })
    return exitCode.clean
  })
}
