import { spawn } from 'node:child_process'
import { performance } from 'node:perf_hooks'

/** `output` is when the first result was printed; what comes after it (stopping servers) is not counted in it. */
export type Run = { readonly seconds: number; readonly output: number; readonly megabytes: number }

/** Writes the peak memory of the process it is loaded into to file descriptor 3. */
const probe =
  'data:text/javascript,import{writeSync}from"node:fs";process.on("exit",()=>writeSync(3,String(process.resourceUsage().maxRSS)))'

/** `memory`: reads the peak, which costs some milliseconds. */
type Options = { readonly env?: Record<string, string>; readonly memory?: boolean }

/** Runs a Node program as a whole process. Fails when it does not end with 0. */
export function runNode(args: readonly string[], options: Options = {}): Promise<Run> {
  return new Promise((resolve, reject) => {
    const start = performance.now()
    const child = spawn(process.execPath, [...(options.memory ? ['--import', probe] : []), ...args], {
      env: { ...process.env, ...options.env },
      stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
    })
    let peak = ''
    let output = 0
    let errors = ''
    child.stdio[3]!.on('data', (data) => {
      peak += data
    })
    child.stderr!.on('data', (data) => {
      errors += data
    })
    child.stdout!.on('data', () => {
      output ||= (performance.now() - start) / 1000
    })
    child.on('close', (code) => {
      const seconds = (performance.now() - start) / 1000
      if (code !== 0) reject(new Error(`${args.join(' ')} ended with ${code}: ${errors}`))
      else resolve({ seconds, output, megabytes: Number(peak) / 1024 })
    })
  })
}

export const median = (values: readonly number[]): number => {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
}

/** Runs the candidates in turn (A B C A B C ...), so that a machine that slows down slows all of them. */
export async function inTurn<Name extends string>(
  times: number,
  candidates: Record<Name, () => Promise<Run>>,
): Promise<Record<Name, Run[]>> {
  const names = Object.keys(candidates) as Name[]
  const runs = Object.fromEntries(names.map((name) => [name, []])) as unknown as Record<Name, Run[]>
  for (const name of names) await candidates[name]()
  for (let i = 0; i < times; i++) for (const name of names) runs[name].push(await candidates[name]())
  return runs
}

/** One line: the ratio of two medians and what it should be at most; without that it is printed for what it is. */
export function printRatio(what: string, value: number, most: number | undefined, detail: string): void {
  const verdict = most === undefined ? '    ' : value <= most ? 'ok  ' : 'OVER'
  console.log(`${verdict}  ${what}: ${value.toFixed(2)}${most === undefined ? '' : ` (at most ${most})`}  ${detail}`)
}
