import { readdirSync, readFileSync } from 'node:fs'
import { allGenerators } from '../../generators/index.ts'
import type { Config } from '../../schema/services.ts'
import { recompiler } from '../../src/cli/recompile.ts'
import { parseSource } from '../../src/compile.ts'
import type { Path } from '../../src/diagnostic.ts'
import type { Fleet } from '../../src/fleet/types.ts'
import { valueAt } from '../../src/plan/provenance/config-path.ts'
import type { Recompile } from '../../src/plan/provenance/recompile.ts'
import type { ParsedDocument } from '../../src/source/document.ts'
import { pathName } from '../../src/source/path-name.ts'
import { fleetOf } from './fleet.ts'

export type Compilation = {
  readonly config: Config
  readonly document: ParsedDocument
  readonly fleet: Fleet
  /** With all generators. */
  readonly recompile: Recompile
  /** With the generator that makes a file. */
  readonly recompileFor: (path: string) => Recompile
  readonly artifacts: ReadonlyMap<string, string>
}

/** A fleet with what it takes to ask where its lines come from. */
export async function compilationOf(text: string, sql: Readonly<Record<string, string>> = {}): Promise<Compilation> {
  const fleet = await fleetOf(text, sql)
  const { config, document } = parseSource('services.yaml', text).value!
  const remade = await recompiler(config, fleet)
  const made = allGenerators.flatMap((generator) =>
    [...generator.generate(fleet)].map(({ path, content }) => ({ path, content, generator })),
  )
  const generators = new Map(made.map(({ path, generator }) => [path, generator]))
  return {
    config,
    document,
    fleet,
    recompile: remade(allGenerators),
    recompileFor: (path) => remade([generators.get(path)!]),
    artifacts: new Map(made.map(({ path, content }) => [path, content])),
  }
}

/** The fleet of this repository. */
export function repositoryCompilation(): Promise<Compilation> {
  const paths = ['sql', 'seed'].flatMap((folder) =>
    readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((name) => `${folder}/${name}`),
  )
  const sql = Object.fromEntries(paths.filter((path) => path.endsWith('.sql')).map((path) => [path, readFileSync(path, 'utf8')]))
  return compilationOf(readFileSync('services.yaml', 'utf8'), sql)
}

/** A path with items of lists by what they say: `services.trading.extensions[pgaudit]`. */
export function placeName(config: Config, path: Path): string {
  const last = path.at(-1)
  if (typeof last !== 'number') return pathName(path)
  return `${pathName(path.slice(0, -1))}[${String(valueAt(config, path))}]`
}
