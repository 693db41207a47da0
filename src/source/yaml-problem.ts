import type { YAMLError } from 'yaml'
import type { Severity } from '../diagnostic.ts'

/** Something wrong with the YAML text, in offsets of the text. */
export type YamlProblem = {
  /** Kebab-case, without `yaml/`. */
  readonly code: string
  readonly severity: Severity
  readonly start: number
  readonly end: number
  readonly message: string
  readonly help?: string
  readonly related?: { readonly start: number; readonly end: number; readonly message: string }
}

type Words = { readonly when: RegExp; readonly message?: string; readonly help: string }

export const openQuote = 'this quote is never closed'

/** What the parser's own messages leave open. The first match counts; `$1` stands for the first group. */
const words: readonly Words[] = [
  { when: /^Tabs are not allowed as indentation/, message: 'a tab cannot indent YAML', help: 'indent with spaces' },
  {
    when: /^All mapping items must start at the same column/,
    message: 'this key is not aligned with the other keys of its map',
    help: 'indent the keys of one map by the same number of spaces',
  },
  {
    when: /^All sequence items must start at the same column/,
    message: 'this item is not aligned with the other items of its list',
    help: 'indent the items of one list by the same number of spaces',
  },
  {
    when: /^Implicit map keys need to be followed by map values/,
    message: 'a key without a value',
    help: 'write a colon and a space after the key, or a hyphen and a space before a list item',
  },
  {
    when: /^Nested mappings are not allowed in compact mappings/,
    message: 'a second "key: value" on one line',
    help: 'put the keys on lines of their own, or put text that contains ": " in quotes',
  },
  { when: /^Missing closing ["']quote/, message: openQuote, help: 'write the closing quote' },
  {
    when: /^Plain value cannot start with (?:reserved character|directive indicator character|block scalar indicator)? ?(.+)$/,
    message: 'text cannot start with $1',
    help: 'put the text in quotes',
  },
  { when: /^Invalid escape sequence (.+)$/s, message: 'unknown escape $1', help: 'double the backslash, or use single quotes' },
  {
    when: /alias at node end|^Alias cannot be an empty string/,
    message: 'an unquoted * starts a YAML alias',
    help: 'put the text in quotes, e.g. "*/5 * * * *"',
  },
  {
    when: /^With stringKeys, all keys must be strings/,
    message: 'a key must be text',
    help: 'write the key as a single word or in quotes',
  },
  { when: /^Unresolved tag: (.+)$/s, message: 'the tag $1 has no meaning here', help: 'leave the tag out' },
  {
    when: /^(?:Flow|Block) (?:map|sequence|collection).* must be sufficiently indented/s,
    message: 'this list or map in brackets is not closed',
    help: 'write the closing bracket, and indent every line of it',
  },
  { when: /^Expected flow (?:map|sequence) to end with (.)/, message: 'this list or map in brackets is not closed', help: 'write $1' },
  { when: /^Unexpected .* at node end/, message: 'unexpected text after a value', help: 'put the whole value in quotes' },
]

/** The problem that the YAML parser reports, in this program's words. */
export function parserProblem(error: YAMLError): YamlProblem {
  const match = words.find(({ when }) => when.test(error.message))
  const group = match?.when.exec(error.message)?.[1] ?? ''
  return {
    code: error.code.toLowerCase().replaceAll('_', '-'),
    severity: error.name === 'YAMLWarning' ? 'warning' : 'error',
    start: error.pos[0],
    end: Math.max(error.pos[0], error.pos[1]),
    message: match?.message?.replace('$1', () => group) ?? lowerFirst(error.message),
    ...(match && { help: match.help.replace('$1', () => group) }),
  }
}

const lowerFirst = (text: string): string => text.charAt(0).toLowerCase() + text.slice(1)
