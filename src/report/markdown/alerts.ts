import type { Review } from '../../plan/changes/review.ts'
import type { Change, FleetDiff } from '../../plan/changes/types.ts'
import { cell, clip, fence, inline } from './escape.ts'
import { always, oneOf, type Part } from './part.ts'
import { bootFailed, refusedOf } from './verdict.ts'
import { counted, firstOf } from './words.ts'

/** An alert block: GitHub shows it only at top level, outside of every `<details>`. */
const alert = (kind: 'CAUTION' | 'WARNING', text: string): string =>
  `> [!${kind}]\n${text
    .split('\n')
    .map((line) => `> ${line}`.trimEnd())
    .join('\n')}`

/** Entries of `allow:` that are printed for copying. */
const printedEntries = 8

/** What a reader must not miss, most urgent first. */
export const alertParts = (diff: FleetDiff, review: Review): Part[] => [
  ...refusedPart(refusedOf(diff), review.file),
  ...allowedPart(diff.changes.filter(({ destroys }) => destroys?.allowed !== undefined)),
  ...(bootFailed(review.evidence) ? [always(alert('CAUTION', 'The head was booted, and checks failed: see *Boot evidence*.'))] : []),
  ...interruptionPart(diff),
  ...securityPart(diff.changes.filter(({ security }) => security !== undefined)),
]

function refusedPart(refused: readonly Change[], file: string): Part[] {
  if (refused.length === 0) return []
  const said = `**${counted(refused.length, 'change')} would destroy what no command brings back, and no entry of \`allow:\` permits it.**`
  const text = (most: number) => {
    const shown = refused.slice(0, most)
    const more = refused.length > most ? `\n\nThe same for ${counted(refused.length - most, 'more change')}.` : ''
    return `${said}\nIf that is meant, add to ${cell(file, 60)}:\n\n${fence(`allow:\n${shown.map(allowEntry).join('\n')}`, 'yaml')}${more}`
  }
  return [
    oneOf(
      { text: alert('CAUTION', text(printedEntries)) },
      { text: alert('CAUTION', text(2)) },
      { text: alert('CAUTION', `${said}\nThe targets are in the table of risks.`), left: 'entries of `allow:` to copy' },
    ),
  ]
}

/** As services.yaml takes it. The date is for the author to choose: an entry that never expires would permit the next accident. */
const allowEntry = ({ target, destroys }: Change): string =>
  [
    `  - rule: ${destroys?.rule ?? 'service-removed'}`,
    `    target: ${yamlString(clip(target, 300))}`,
    '    reason: "say why this may go"',
    '    expires: YYYY-MM-DD',
  ].join('\n')

const yamlString = (text: string): string => (/^[A-Za-z][\w./-]*$/.test(text) ? text : JSON.stringify(text))

function allowedPart(allowed: readonly Change[]): Part[] {
  if (allowed.length === 0) return []
  const lines = allowed.slice(0, 3).map(({ target, destroys }) => `\n- ${cell(target, 100)}: ${inline(clip(destroys?.allowed ?? '', 120))}`)
  const said = `**${counted(allowed.length, 'change')} destroy${allowed.length === 1 ? 's' : ''} data, and \`allow:\` permits it.**`
  const text = `${said}\n${lines.join('')}${allowed.length > 3 ? `\n- ${counted(allowed.length - 3, 'more')}`.replace('mores', 'more') : ''}`
  return [oneOf({ text: alert('WARNING', text) }, { text: '', left: 'what is destroyed and allowed, with its reasons' })]
}

/** What ends sessions, in one block: a migration or a loss may end none. */
function interruptionPart({ changes, containers }: FleetDiff): Part[] {
  const migrated = changes.filter(({ impact }) => impact === 'migration').map(({ service }) => service)
  const line = (what: string, names: readonly (string | undefined)[]): string[] => {
    const written = [...new Set(names)].map((name) => (name === undefined ? 'the fleet' : cell(name, 80)))
    return written.length === 0 ? [] : [`- ${what}: ${firstOf(written, written.length > 5 ? 3 : 5)}`]
  }
  const becoming = (effect: string) => containers.filter((each) => each.effect === effect).map(({ container }) => container)
  const lines = [
    ...line('**Migration**, which does not go back by itself', migrated),
    ...line('**Removed**', becoming('removed')),
    ...line('**Made anew**, sessions end', becoming('recreate')),
    ...line('**Restarted**, sessions end', becoming('restart')),
    ...line('**Poolers restarted**, connections through them end', becoming('pooler-restart')),
  ]
  if (lines.length === 0) return []
  const ending = containers.filter(({ effect }) => ['removed', 'recreate', 'restart', 'pooler-restart'].includes(effect)).length
  const short = [
    ...(migrated.length === 0 ? [] : ['- **Migration**']),
    ...(ending === 0 ? [] : [`- Sessions end in ${counted(ending, 'container')}`]),
  ]
  return [oneOf({ text: alert('WARNING', lines.join('\n')) }, { text: alert('WARNING', short.join('\n')), left: 'names of what restarts' })]
}

function securityPart(changes: readonly Change[]): Part[] {
  if (changes.length === 0) return []
  const said = `🔒 **${counted(changes.length, 'change')} of security**`
  const lines = changes.slice(0, 5).map(({ target, security }) => `\n- ${cell(target, 100)}: ${inline(clip(security ?? '', 160))}`)
  const more = changes.length > 5 ? `\n- and ${changes.length - 5} more in the table of risks` : ''
  return [
    oneOf({ text: alert('WARNING', `${said}\n${lines.join('')}${more}`) }, { text: alert('WARNING', said), left: 'reasons of security' }),
  ]
}
