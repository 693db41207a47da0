import type { ServerSetting } from '../types.ts'
import { autovacuum } from './autovacuum.ts'
import { connections } from './connections.ts'
import { extensionSettings } from './extensions.ts'
import { logging } from './logging.ts'
import { memory } from './memory.ts'
import { parallel } from './parallel.ts'
import { planner } from './planner.ts'
import type { TuningGroup, TuningInput } from './tuning.ts'
import { wal } from './wal.ts'

/** In the order in which they depend on each other: memory needs the numbers of connections and workers. */
const groups: readonly TuningGroup[] = [connections, parallel, autovacuum, memory, wal, planner, logging, extensionSettings]

/** A setting from services.yaml: its text, and its number (bytes for memory) where it is one. */
export type DeclaredValue = { readonly text: string; readonly number?: number }

/** The lines of postgresql.conf that are not the fleet's own, and the numbers that proofs calculate with. */
export type Tuning = { readonly settings: readonly ServerSetting[]; readonly number: (name: string) => number }

/** Runs all profiles. What is declared wins and is what later formulas see. */
export function tune(input: TuningInput, declared: ReadonlyMap<string, DeclaredValue>): Tuning {
  const numbers = new Map<string, number>()
  const number = (name: string): number => {
    const value = numbers.get(name)
    if (value === undefined) throw new Error(`${name} is asked for before it is tuned`)
    return value
  }
  const settings: ServerSetting[] = []
  const used = new Set<string>()
  for (const { title, tune: run } of groups)
    for (const { name, value, number: amount, why } of run(input, number)) {
      if (!input.setting(name)) continue
      const own = declared.get(name)
      if (own) used.add(name)
      const chosen = own ? own.number : amount
      if (chosen !== undefined) numbers.set(name, chosen)
      settings.push(
        own
          ? { name, value: own.text, why: `declared; tuned would be ${value}`, source: 'declared', group: title }
          : { name, value, why, source: 'tuned', group: title },
      )
    }
  for (const [name, { text }] of declared)
    if (!used.has(name)) settings.push({ name, value: text, why: 'declared', source: 'declared', group: 'Declared' })
  return { settings, number }
}
