import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { readText } from '../../io/disk.ts'
import { writeOwnedFile } from '../../io/owned-files.ts'
import { refused } from '../../io/system-error.ts'
import { checksumsFile, parseChecksums } from '../../plan/checksums.ts'
import { evidenceOf } from '../../runtime/verify/evidence.ts'
import { evidenceText } from '../../runtime/verify/evidence-text.ts'
import { composePlaces, embeddedPlaces, type Places } from '../../runtime/verify/places.ts'
import { isUnreachable, verifyFleet } from '../../runtime/verify/verify.ts'
import { sha256 } from '../../sha256.ts'
import { outputFolder } from '../compose/open-project.ts'
import type { Context } from '../context.ts'
import { type ExitCode, exitCode } from '../exit-codes.ts'
import { openRunning, type RunningFleet, type RunningOptions } from '../running-fleet.ts'
import { fits } from '../runtime-options.ts'
import { verifyReport } from '../verify-report.ts'

type Options = RunningOptions & { evidence?: string }

/** Exit code 1: something is not as declared; 3: something could not be asked. */
export async function run(options: Options, context: Context): Promise<ExitCode> {
  if (!fits(options, context)) return exitCode.usage
  const started = context.now()
  const running = await openRunning(options, context)
  if (!running) return exitCode.findings
  const opened = { ...running, places: await placesOf(running, options, context) }
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

const placesOf = async ({ fleet, project, artifacts }: RunningFleet, options: Options, context: Context): Promise<Places> =>
  project ? composePlaces(fleet, project, outputFolder(options, context), artifacts, context.now()) : embeddedPlaces()
