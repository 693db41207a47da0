import { allGenerators } from '../../generators/index.ts'
import type { Artifact } from '../../src/artifact.ts'
import { type Checked, check, generate, parseSource } from '../../src/compile.ts'
import type { Diagnostic } from '../../src/diagnostic.ts'
import { composeTarget } from '../../src/fleet/targets.ts'
import type { Fleet, Target } from '../../src/fleet/types.ts'
import { memoryCache } from '../../src/source/sql.ts'

const cache = memoryCache()
/** The day on which all tests compile. */
const today = '2026-06-01'

export type Compiled = Checked & { readonly artifacts: readonly Artifact[] }

/** Compiles a services.yaml given as text, with its SQL files by path, through the real pipeline. */
export async function compileText(
  text: string,
  sql: Readonly<Record<string, string>> = {},
  target: Target = composeTarget(),
): Promise<Compiled> {
  const checked = await checkText(text, sql, target)
  return { ...checked, artifacts: checked.fleet ? generate(checked.fleet, allGenerators) : [] }
}

async function checkText(text: string, sql: Readonly<Record<string, string>>, target: Target): Promise<Checked> {
  const source = parseSource('services.yaml', text)
  if (!source.value) return { diagnostics: source.diagnostics }
  const checked = await check(source.value, new Map(Object.entries(sql)), { target, cache, today })
  return { ...checked, diagnostics: [...source.diagnostics, ...checked.diagnostics] }
}

/** The resolved fleet of a services.yaml that must be free of errors. */
export async function fleetOf(text: string, sql: Readonly<Record<string, string>> = {}, target: Target = composeTarget()): Promise<Fleet> {
  const { fleet, diagnostics } = await checkText(text, sql, target)
  if (!fleet) throw new Error(diagnostics.map(printed).join('\n'))
  return fleet
}

export const printed = ({ at, message, code }: Diagnostic): string => `${at.start.line}:${at.start.col}: ${message} [${code}]`

/** A fleet of one service that is correct as it stands; `more` is added under the service, four spaces in. */
export const smallFleet = (more = '', top = ''): string => `version: 1
fleet: demo
host: { memory: 16GiB, cpus: 8, disk: 1TiB, storage: ssd }
services:
  orders:
    port: 5433
    memory: 2GiB
    cpus: 2
${more.replace(/^(?=.)/gm, '    ')}
${top}`
