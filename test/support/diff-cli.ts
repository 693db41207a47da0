import type { Ran } from './cli.ts'
import { inProcess } from './cli-in-process.ts'

/** `pgfleet diff` in a folder. */
export const diff = (folder: string, ...args: string[]): Promise<Ran> => inProcess(['diff', ...args], { in: folder })

export type Found = { readonly code: number | null; readonly targets: string[]; readonly notes: string[] }

/** Targets of the changes, and the exit code; throws what was printed where there is no comparison. */
export async function targets(folder: string, ...args: string[]): Promise<Found> {
  const { code, out, err } = await diff(folder, '--json', ...args)
  if (code === 2 || code === 3) throw new Error(err || out)
  const { changes, notes } = JSON.parse(out)
  return { code, targets: changes.map(({ target }: { target: string }) => target), notes }
}

/** Options of `shop` without the schema `spare`, and what is found then: that it goes, and nothing else. */
export const without = { schemas: 'orders' }
export const gone: Found = { code: 1, targets: ['orders/schema/spare'], notes: [] }
