import { visible } from '../visible.ts'

// Text that others wrote, in a comment that people trust. GitHub acts on text twice: as Markdown (CommonMark with tables, strikethrough,
// footnotes, math), then on what is shown (mentions, references to issues and commits, emoji, addresses). Only in code does it do neither,
// so that a word which would mean something is shown as code, and is copied as it is.
// https://docs.github.com/en/get-started/writing-on-github

/** Characters without a shape, beyond those that `visible` shows: soft hyphen, fillers, variation selectors, and the tags of U+E0000. */
const shapeless = /\u00ad|\u034f|[\u115f\u1160\u3164\uffa0]|[\u180b-\u180f]|[\ufe00-\ufe0e]|[\u{e0000}-\u{e0fff}]/gu

/** cmark reads no longer runs of backticks as code, and takes at most 255 for a fence: longer ones than these are spelled. */
const manyTicks = /`{41,}/g

/** On one line, with everything that cannot be seen written as an escape, and so is `##[name]`, for a log of Actions a command anywhere. */
export const shown = (text: string): string =>
  visible(text)
    .replace(shapeless, (character) => `\\u{${character.codePointAt(0)!.toString(16)}}`)
    .replaceAll('##[', '\\u{23}#[')
    .replace(manyTicks, (run) => '\\u{60}'.repeat(run.length))

/** The beginning of a text, cut between code points, with `…`, so that it is at most so many bytes of UTF-8 where it is escaped. */
export function clip(text: string, bytes: number): string {
  // Each unit of UTF-16 takes at least a byte: what stands behind is not looked at.
  const whole = shown(text.slice(0, bytes + 2))
  let kept = ''
  let fits = ''
  let used = 0
  for (const character of whole) {
    used += escaped[character] ?? Buffer.byteLength(character)
    if (used > bytes) return `${fits.trimEnd()}…`
    kept += character
    if (used <= bytes - ellipsis) fits = kept
  }
  return whole
}

const ellipsis = Buffer.byteLength('…')

/** Bytes that characters become at worst: a code span is interrupted, its marks grow, a word becomes code. */
const escaped: Readonly<Record<string, number>> = { '|': 5, '`': 3, ' ': 3, '*': 2, _: 2, '~': 2, '\\': 2, '{': 2, '}': 2, '^': 2, '!': 2 }

/** What GitHub acts on behind Markdown, and what opens something in Markdown. */
const meaningful = /[@$<>`&[\]|]|#\d|:\/\/|www\.|mailto:|xmpp:|GH-\d|:[\w+-]+:|\b[0-9a-f]{7,40}\b/i

/** Prose for a line of Markdown, also in a table. */
export const inline = (text: string): string =>
  shown(text)
    .split(' ')
    .filter((word) => word !== '')
    .map((word) => (meaningful.test(word) ? code(word) : escapeWord(word)))
    .join(' ')

const escapeWord = (word: string): string => word.replace(/^(\d+)([.)])$|[\\*_{}~^!]|^[-+=#]+$/g, escapeMatch)

const escapeMatch = (match: string, digits?: string, mark?: string): string =>
  digits === undefined ? match.replace(/./g, '\\$&') : `${digits}\\${mark}`

/** A code span, also in a table: there it ends before a vertical bar and goes on behind it. Nothing in a code span can be escaped. */
export const code = (text: string): string =>
  shown(text)
    .split('|')
    .map((part) => (part === '' ? '' : span(part)))
    .join('\\|') || '(empty)'

function span(text: string): string {
  const ticks = '`'.repeat(runOf(text) + 1)
  const pad = /^`|`$/.test(text) || /^ .*[^ ].* $/.test(text) ? ' ' : ''
  return `${ticks}${pad}${text}${pad}${ticks}`
}

const runOf = (text: string): number => (text.match(/`+/g) ?? []).reduce((most, { length }) => Math.max(most, length), 0)

/** A value in a cell of a table: code of at most so many bytes; a dash for none. */
export const cell = (text: string | undefined, bytes = 160): string => (text === undefined ? '–' : code(clip(text, bytes)))

/** Code in HTML, where Markdown is not read: in a `<summary>`. */
export const htmlCode = (text: string): string =>
  `<code>${shown(text).replace(/[&<>"]/g, (character) => `&#${character.codePointAt(0)};`)}</code>`

/**
 * A fenced block, closed by more backticks than any line of it holds. Tabs stay; a line that a log of Actions would take for a command
 * (`::name::`, with blanks before it) is spelled so that it does not.
 */
export function fence(text: string, language = ''): string {
  const lines = text.replace(/\n$/, '').split('\n').map(fenced)
  const ticks = '`'.repeat(lines.reduce((most, line) => Math.max(most, runOf(line)), 2) + 1)
  return `${ticks}${language}\n${lines.join('\n')}\n${ticks}`
}

const fenced = (line: string): string =>
  line
    .split('\t')
    .map(shown)
    .join('\t')
    .replace(/^(\s*)::(?=.*::)/, '$1\\u{3a}:')
