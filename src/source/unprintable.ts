import type { YamlProblem } from './yaml-problem.ts'

/** https://yaml.org/spec/1.2.2/#51-character-set, except that C1 controls are refused even where YAML takes U+0085. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const pattern = /[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufffe\uffff]|\p{Cs}/u

/**
 * A character that no output could print, if the text has one: it stands at that character, or, for the value of a quoted text that
 * writes it as an escape ("\0"), at `range`.
 */
export function unprintable(text: string, range?: readonly number[] | null): YamlProblem | undefined {
  const match = pattern.exec(text)
  if (!match) return undefined
  const name = `U+${match[0].codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0')}`
  const [start = match.index, end = match.index + match[0].length] = range ?? []
  return { code: 'control-character', severity: 'error', start, end, message: `the character ${name} cannot be printed`, help: 'remove it' }
}
