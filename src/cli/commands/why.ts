import { basename, join, relative, resolve } from 'node:path'
import { parseSource } from '../../compile.ts'
import { composeTarget } from '../../fleet/targets.ts'
import { readOutput } from '../../io/output-folder.ts'
import type { Cause } from '../../plan/provenance/cause.ts'
import { causesOf } from '../../plan/provenance/causes.ts'
import { linesOf } from '../../plan/provenance/line-diff.ts'
import { type Answer, causesJson, causesText, type ShownCause } from '../../report/causes.ts'
import { visible } from '../../report/visible.ts'
import { pathName } from '../../source/path-name.ts'
import type { Place } from '../arguments.ts'
import type { Context } from '../context.ts'
import { type ExitCode, exitCode } from '../exit-codes.ts'
import { type Loaded, load } from '../load.ts'
import { printFindings } from '../print-findings.ts'
import { type Generator, recompiler } from '../recompile.ts'
import { artifactAt, artifactsOf, suggestion } from '../why/artifacts.ts'
import { generatedLines } from '../why/generated-lines.ts'
import { sqlCauses } from '../why/sql-causes.ts'

type Options = { place: Place; file: string; out?: string; json: boolean }

export async function run(options: Options, context: Context): Promise<ExitCode> {
  const { place, file, out, json } = options
  const loaded = await load(file, () => composeTarget(), context)
  if (!loaded.fleet) {
    printFindings(loaded, json ? 'json' : 'pretty', context)
    return exitCode.findings
  }
  const folder = out === undefined ? join(loaded.root, 'out') : resolve(context.cwd, out)
  const shownFolder = relative(context.cwd, folder) || '.'
  const made = artifactsOf(loaded.fleet)
  const path = artifactAt(place.path, folder, context.cwd, made)
  const artifact = path === undefined ? undefined : made.get(path)
  if (path === undefined || !artifact)
    return refused(`${place.path} is not a file that pgfleet generates`, suggestion(place.path, shownFolder, made), context)

  const shownFile = join(shownFolder, path)
  const found = generatedLines(place, artifact.content, readOutput(folder, new Set([path])).get(path)?.content)
  if ('count' in found)
    return refused(`${shownFile} has ${found.count} lines`, `name one of them, e.g. ${shownFile}:${found.count}`, context)
  if (!found.wanted)
    return refused(`${shownFile}:${place.from} would not be generated now`, `run \`pgfleet generate\`, and ask again`, context)
  if (found.stale)
    context.err(`${context.colorsErr.yellow('warning')}: ${shownFile} is not what would be generated now; run \`pgfleet generate\`\n`)

  const lines = linesOf(artifact.content)
  const asked = { path, wanted: found.wanted, lines, generator: artifact.generator }
  const { causes, createdBy, partial } = await shownCauses(asked, file, loaded, loaded.fleet)
  const text = found.wanted.map((index) => lines[index]!)
  const answer: Answer = { file: shownFile, from: found.wanted[0]! + 1, text, stale: found.stale, causes, createdBy, partial }
  const textOf = (shown: string): string => loaded.textOf(relative(loaded.root, resolve(context.cwd, shown)))
  context.out(json ? causesJson(answer) : causesText(answer, { textOf, colors: context.colorsOut, width: context.columns ?? 120 }))
  return causes.length > 0 ? exitCode.clean : exitCode.findings
}

type Asked = {
  readonly path: string
  readonly wanted: readonly number[]
  readonly lines: readonly string[]
  readonly generator: Generator
}

async function shownCauses({ path, wanted, lines, generator }: Asked, file: string, loaded: Loaded, fleet: NonNullable<Loaded['fleet']>) {
  const { value: source } = parseSource(basename(file), loaded.textOf(basename(file)))
  if (!source) throw new Error('a file that was parsed a moment ago cannot be parsed')
  const { config, document } = source
  const found = causesOf({ config, path, wanted, recompile: (await recompiler(config, fleet))([generator]) })
  if (!found) throw new Error(`${path} is not generated a second time`)
  const shown = (at: ShownCause['at']): ShownCause['at'] => ({ ...at, file: loaded.shown(at.file) })
  const named = ({ nth: _, ...cause }: Cause): ShownCause => ({
    ...cause,
    name: pathName(cause.path),
    at: shown(document.spanOf(cause.path, cause.on)),
  })
  const sql = sqlCauses(path, lines, wanted, fleet, loaded.textOf).map((cause) => ({ ...cause, at: shown(cause.at) }))
  return { causes: [...sql, ...found.lines.map(named)], createdBy: found.file.map(named), partial: found.partial }
}

function refused(message: string, help: string, { err, colorsErr }: Context): ExitCode {
  err(`${colorsErr.red('error')}: ${visible(message)}\n  ${colorsErr.cyan('help')}: ${visible(help)}\n`)
  return exitCode.usage
}
