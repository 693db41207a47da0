import type { Context } from '../context.ts'
import { type ExitCode, exitCode } from '../exit-codes.ts'

export async function run(_: { file: string; state?: string; json: boolean }, _context: Context): Promise<ExitCode> {
  return exitCode.clean
}
