import { runCall } from '../../runtime/ops/run-call.ts'
import type { Context } from '../context.ts'
import { type ExitCode, exitCode } from '../exit-codes.ts'
import { accessFiles, inOps, named, readFleet } from '../ops.ts'

type Options = { service: string; job: string; timeout: number; fleet: string }

export async function run({ service: key, job: name, timeout, fleet: file }: Options, context: Context): Promise<ExitCode> {
  const fleet = await readFleet(file, context)
  const service = named('service', key, fleet.services, (one) => one.key, context)
  const job = service && named(`job of ${key}`, name, service.jobs, (one) => one.name, context)
  if (!job) return exitCode.usage
  return inOps(fleet, ['job', 'run', key, name, `--timeout=${timeout}`], context, async (signal) => {
    const onNotice = (text: string) => context.err(`${text}\n`)
    await runCall(service, job.call, `the job ${name}`, { files: accessFiles(context), timeout, signal, onNotice })
    return exitCode.clean
  })
}
