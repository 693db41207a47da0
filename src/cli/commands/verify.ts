import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { allGenerators } from '../../../generators/index.ts'
import { generate } from '../../compile.ts'
import { embeddedTarget } from '../../fleet/targets.ts'
import { readText } from '../../io/disk.ts'
import { OperationError } from '../../io/operation-error.ts'
import { writeOwnedFile } from '../../io/owned-files.ts'
import { refused } from '../../io/system-error.ts'
import { checksumsFile, parseChecksums } from '../../plan/checksums.ts'
import { choosePooler } from '../../runtime/embedded/pooler-choice.ts'
import { type RunFacts, runFacts } from '../../runtime/embedded/run-facts.ts'
import { composeAccess } from '../../runtime/verify/compose-access.ts'
import { embeddedAccess } from '../../runtime/verify/embedded-access.ts'
import { evidenceOf } from '../../runtime/verify/evidence.ts'
import { evidenceText } from '../../runtime/verify/evidence-text.ts'
import { composePlaces, embeddedPlaces } from '../../runtime/verify/places.ts'
import { isUnreachable, type VerifyOptions, verifyFleet } from '../../runtime/verify/verify.ts'
import { sha256 } from '../../sha256.ts'
import { openProject, outputFolder } from '../compose/open-project.ts'
import type { Context } from '../context.ts'
import { type ExitCode, exitCode } from '../exit-codes.ts'
import { type Loaded, load } from '../load.ts'
import { printFindings } from '../print-findings.ts'
import { fits, type RuntimeOptions } from '../runtime-options.ts'
import { shownPath, stateDirOf } from '../state-dir.ts'
import { verifyReport } from '../verify-report.ts'

type Options = RuntimeOptions & { evidence?: string; state?: string; out?: string; secrets?: string; json: boolean }

/** Exit code 1: something is not as declared; 3: something could not be asked. */
export async function run(options: Options, context: Context): Promise<ExitCode> {
  if (!fits(options, context)) return exitCode.usage
  const started = context.now()
  const opened = await (options.runtime === 'compose' ? openCompose : openEmbedded)(options, context)
  if (!opened) return exitCode.findings
  const verified = await verifyFleet(opened)
  const about = {
    fleet: opened.fleet.name,
    pgfleet: context.version,
    runtime: options.runtime,
    started,
    ended: context.now(),
    servicesYaml: sha256(readText(resolve(context.cwd, options.file))),
    output: outputHash(outputFolder(options, context)),
    images: opened.places.images,
  }
  const evidence = evidenceOf(verified, about, (help) => (help === 'apply' ? applyHelp[options.runtime] : help))
  if (options.evidence !== undefined) {
    const failed = refused('evidence', `cannot write ${options.evidence}`)
    await writeOwnedFile(resolve(context.cwd, options.evidence), evidenceText(evidence), 0o644).catch(failed)
  }
  context.out(options.json ? `${JSON.stringify(evidence, null, 2)}\n` : verifyReport(evidence, context.colorsOut))
  if (isUnreachable(verified)) return exitCode.failed
  return evidence.result === 'passed' ? exitCode.clean : exitCode.findings
}

/** What runs the init script again. */
const applyHelp = {
  embedded: 'stop the fleet and run `pgfleet up` again: it runs the init script',
  compose: '`pgfleet apply` runs the init script again',
} as const

/** One hash over all files: that of the list of their hashes. */
function outputHash(folder: string): { sha256: string; files: number } | null {
  const file = join(folder, checksumsFile)
  if (!existsSync(file)) return null
  const text = readText(file)
  return { sha256: sha256(text), files: parseChecksums(text).size }
}

async function openCompose(options: Options, context: Context): Promise<VerifyOptions | undefined> {
  const opened = await openProject(options, { fresh: false }, context)
  if (!opened) return undefined
  const { fleet, project, artifacts } = opened
  const places = await composePlaces(fleet, project, outputFolder(options, context), artifacts, context.now())
  return { fleet, artifacts, access: composeAccess(project), places }
}

async function openEmbedded({ file, state, json }: Options, context: Context): Promise<VerifyOptions | undefined> {
  const folder = stateDirOf(file, state, context)
  const facts = await runFacts(folder)
  if (!facts)
    throw new OperationError('not-running', `no server runs in ${shownPath(context, folder)}`, 'Start the fleet with `pgfleet up`.')
  const loaded = await loadAsRun(file, facts, context)
  if (!json || !loaded.fleet) printFindings(loaded, json ? 'json' : 'pretty', context)
  const { fleet } = loaded
  if (!fleet) return undefined
  return { fleet, artifacts: generate(fleet, allGenerators), access: await embeddedAccess(fleet, facts.state), places: embeddedPlaces() }
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
