import type { BootEvidence } from '../../plan/changes/review.ts'
import { cell, clip, code, inline } from './escape.ts'
import { foldClose, foldOpen } from './fold.ts'
import { always, listing, oneOf, type Part } from './part.ts'
import { counted, thousands } from './words.ts'

type Booted = Exclude<BootEvidence, { state: 'not-run' }>

/** Failed checks that are shown. */
const shownFailures = 10

/** What is known of the head having been booted; never nothing. */
export function evidencePart(evidence: BootEvidence): Part {
  const heading = '#### Boot evidence'
  if (evidence.state === 'not-run') {
    const line = (most: number) => ({ text: `${heading}\n\n⚪ **Not run**: ${inline(clip(evidence.why, most))}` })
    return oneOf(line(600), line(100))
  }
  const line = `${heading}\n\n${sentence(evidence)}`
  const run = runOf(evidence)
  const failures = failuresOf(evidence, shownFailures)
  if (`${run}${failures}` === '') return always(line)
  return oneOf({ text: `${line}${run}${failures}` }, { text: line, left: 'details of the boot' })
}

function sentence({ state, result, runtime, seconds, servers, passed, failed, skipped }: Booted): string {
  const how = `${counted(servers, 'server')} in ${thousands(seconds.toFixed(seconds < 10 ? 1 : 0))} s (${cell(runtime, 40)})`
  const checks = `${counted(passed, 'check')} passed, ${thousands(failed)} failed, ${thousands(skipped)} skipped`
  const who = state === 'measured' ? '**Measured**' : '**Unverified**'
  const doubt = state === 'measured' ? '' : ' The record comes from a run that the author of the change controls.'
  return `${result === 'passed' ? '✅' : '❌'} ${who}: ${result === 'passed' ? 'booted' : 'boot **failed**'}, ${how}; ${checks}.${doubt}`
}

/** A link only where we know who wrote the address, and to what a run has: what an artifact says is shown as text. */
function runOf({ state, url }: Booted): string {
  if (url === undefined) return ''
  return ` ${state === 'measured' && isPlainUrl(url) ? `[The run](${url})` : `The run: ${code(clip(url, 200))}`}.`
}

/** An address without anything that Markdown would read. */
export const isPlainUrl = (url: string): boolean => url.length <= 300 && /^https:\/\/[\w-]+(\.[\w-]+)*(:\d+)?(\/[\w.-]+)*\/?$/.test(url)

function failuresOf({ failures, failed }: Booted, most: number): string {
  if (failures.length === 0) return ''
  const rows = failures.slice(0, most).map(({ check, found }) => `| ${cell(check, 100)} | ${inline(clip(found, 300))} |`)
  const more = Math.max(failed, failures.length) - rows.length
  const rest = more > 0 ? `\n\nand ${counted(more, 'more failed check')}.` : ''
  return `\n\n| Failed check | Found |\n| --- | --- |\n${rows.join('\n')}${rest}`
}

/** Images that were booted, by service. */
export function imagesPart(evidence: BootEvidence): Part {
  const images = evidence.state === 'not-run' ? [] : evidence.images
  return listing({
    before: `${foldOpen('Images that were booted')}| Service | Server | Pooler |\n| --- | --- | --- |`,
    rows: images.map(
      ({ service, server, pooler }) => `| ${cell(service, 63)} | ${cell(server ?? undefined)} | ${cell(pooler ?? undefined)} |`,
    ),
    after: foldClose,
    left: (missing) => counted(missing, 'image that was booted', 'images that were booted'),
  })
}
