import { composeTarget } from '../../fleet/targets.ts'
import type { Context } from '../context.ts'
import { type ExitCode, exitCode } from '../exit-codes.ts'
import { load } from '../load.ts'
import { type FindingsFormat, printFindings } from '../print-findings.ts'

export async function run({ file, format }: { file: string; format: FindingsFormat }, context: Context): Promise<ExitCode> {
  const loaded = await load(file, composeTarget, context)
  printFindings(loaded, format, context)
  if (!loaded.fleet) return exitCode.findings
  if (format === 'pretty') {
    const { services, proofs } = loaded.fleet
    const count = services.length === 1 ? '1 service' : `${services.length} services`
    context.err(`${context.colorsErr.green('ok')} ${file}: ${count}, ${proofs.length} budgets hold\n`)
  }
  return exitCode.clean
}
