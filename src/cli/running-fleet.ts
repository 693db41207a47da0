// The fleet that runs, in either runtime, and how to reach its databases.
import { allGenerators } from '../../generators/index.ts'
import type { Artifact } from '../artifact.ts'
import { generate } from '../compile.ts'
import { embeddedTarget } from '../fleet/targets.ts'
import type { Fleet } from '../fleet/types.ts'
import { OperationError } from '../io/operation-error.ts'
import type { ComposeProject } from '../runtime/compose/project.ts'
import { choosePooler } from '../runtime/embedded/pooler-choice.ts'
import { type RunFacts, runFacts } from '../runtime/embedded/run-facts.ts'
import type { FleetAccess } from '../runtime/verify/access.ts'
import { composeAccess } from '../runtime/verify/compose-access.ts'
import { embeddedAccess } from '../runtime/verify/embedded-access.ts'
import { openProject } from './compose/open-project.ts'
import type { Context } from './context.ts'
import { type Loaded, load } from './load.ts'
import { printFindings } from './print-findings.ts'
import type { RuntimeOptions } from './runtime-options.ts'
import { shownPath, stateDirOf } from './state-dir.ts'

export type RunningOptions = RuntimeOptions & { state?: string; out?: string; secrets?: string; json: boolean }

export type RunningFleet = {
  readonly fleet: Fleet
  readonly artifacts: readonly Artifact[]
  readonly access: FleetAccess
  /** Undefined in the embedded runtime. */
  readonly project?: ComposeProject
}

/** Undefined when there are errors in services.yaml, which are printed by then. Throws `not-running` where nothing runs. */
export async function openRunning(options: RunningOptions, context: Context): Promise<RunningFleet | undefined> {
  if (options.runtime === 'embedded') return openEmbedded(options, context)
  const opened = await openProject(options, { fresh: false }, context)
  return opened && { ...opened, access: composeAccess(opened.project) }
}

async function openEmbedded({ file, state, json }: RunningOptions, context: Context): Promise<RunningFleet | undefined> {
  const folder = stateDirOf(file, state, context)
  const facts = await runFacts(folder)
  if (!facts)
    throw new OperationError('not-running', `no server runs in ${shownPath(context, folder)}`, 'Start the fleet with `pgfleet up`.')
  const loaded = await loadAsRun(file, facts, context)
  if (!json || !loaded.fleet) printFindings(loaded, json ? 'json' : 'pretty', context)
  const { fleet } = loaded
  if (!fleet) return undefined
  return { fleet, artifacts: generate(fleet, allGenerators), access: await embeddedAccess(fleet, facts.state) }
}

/** The fleet for the ports and the pooler that this run has. */
async function loadAsRun(file: string, { state, ports, pooled }: RunFacts, context: Context): Promise<Loaded> {
  const search = { named: context.env['PGFLEET_PGBOUNCER'] || undefined, path: context.env['PATH'] ?? '' }
  const pooler = pooled ? await choosePooler(search, state.user) : 'this run has no pooler'
  const loadAt = (portOffset: number) => load(file, () => embeddedTarget({ stateDir: state.alias, portOffset, pooler }), context)
  const loaded = await loadAt(0)
  const known = loaded.fleet?.services.find(({ key }) => ports.has(key))
  const offset = known ? ports.get(known.key)! - known.port : 0
  return offset === 0 ? loaded : loadAt(offset)
}
