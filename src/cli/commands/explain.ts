import { composeTarget } from '../../fleet/targets.ts'
import type { Fleet } from '../../fleet/types.ts'
import { OperationError } from '../../io/operation-error.ts'
import { explain } from '../../report/explain.ts'
import type { Context } from '../context.ts'
import { type ExitCode, exitCode } from '../exit-codes.ts'
import { load } from '../load.ts'

export async function run({ name, file }: { name: string; file: string }, context: Context): Promise<ExitCode> {
  const { fleet, isBroken } = await fleetOf(file, context)
  const { known, text, ofServices } = await explain(name, fleet, context.colorsOut)
  if (known) context.out(text)
  else context.err(text)
  if (ofServices && isBroken)
    context.err(`\n${file} has errors, so the values of its services are left out; run \`pgfleet validate ${file}\`\n`)
  return known ? exitCode.clean : exitCode.usage
}

/** Values per service are shown where there is a fleet without errors; rules and settings can be explained without one. */
async function fleetOf(file: string, context: Context): Promise<{ fleet: Fleet | undefined; isBroken: boolean }> {
  try {
    const { fleet } = await load(file, composeTarget, context)
    return { fleet, isBroken: fleet === undefined }
  } catch (error) {
    if (error instanceof OperationError && file === 'services.yaml') return { fleet: undefined, isBroken: false }
    throw error
  }
}
