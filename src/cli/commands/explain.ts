import { composeTarget } from '../../fleet/targets.ts'
import { OperationError } from '../../io/operation-error.ts'
import { explain } from '../../report/explain.ts'
import type { Context } from '../context.ts'
import { type ExitCode, exitCode } from '../exit-codes.ts'
import { load } from '../load.ts'

export async function run({ name, file }: { name: string; file: string }, context: Context): Promise<ExitCode> {
  const explained = await explain(name, await fleetOf(file, context), context.colorsOut)
  if (explained.known) context.out(explained.text)
  else context.err(explained.text)
  return explained.known ? exitCode.clean : exitCode.usage
}

/** Values per service are shown where there is a fleet without errors; rules and settings can be explained without one. */
async function fleetOf(file: string, context: Context) {
  try {
    return (await load(file, composeTarget, context)).fleet
  } catch (error) {
    if (error instanceof OperationError && file === 'services.yaml') return undefined
    throw error
  }
}
