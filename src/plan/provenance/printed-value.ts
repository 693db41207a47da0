/**
 * Whether a line carries a value as it is written, seen from one edit of it: the old value was in the line, and the new one is in what
 * stands there now (or, where it was taken away, not any more). Sizes, times of day and names are known in the forms that generated files have them in.
 */
export function carries(before: unknown, after: unknown, line: string, others: readonly string[]): boolean {
  const old = formsOf(before)
  if (after === undefined)
    return old.some((form) => has(line, form) && others.every((text) => occurrences(text, form) < occurrences(line, form)))
  const fresh = formsOf(after)
  return old.some((form, index) => {
    const other = fresh[index]
    if (other === undefined || !has(line, form)) return false
    return others.some((text) => has(text, other) && occurrences(text, other) > occurrences(line, other))
  })
}

/** The same forms in the same order for two values of a kind. */
function formsOf(value: unknown): string[] {
  if (typeof value === 'number' || typeof value === 'boolean') return [String(value)]
  if (typeof value !== 'string' || value === '') return []
  const size = /^(\d+(?:\.\d+)?)([KMGT])i?B$/.exec(value)
  if (size) return [value, `${size[1]}${size[2]}B`, `${size[1]}${size[2]!.toLowerCase()}`]
  const clock = /^(\d\d):(\d\d)$/.exec(value)
  if (clock) return [value, `${Number(clock[2])} ${Number(clock[1])}`]
  const quoted = value.split('.').map((part) => `"${part}"`)
  return [value, value.replaceAll('-', '_'), value.toUpperCase().replaceAll('-', '_'), quoted.join('.')]
}

const isWord = (char: string | undefined): boolean => char !== undefined && /[\w.]/.test(char)

/** Numbers and short words count where nothing of a word is beside them. */
function occurrences(line: string, form: string): number {
  const isShort = form.length < 6
  let count = 0
  for (let at = line.indexOf(form); at !== -1; at = line.indexOf(form, at + 1)) {
    const free = !isWord(line[at - 1]) && !isWord(line[at + form.length])
    if (free || !isShort) count++
  }
  return count
}

const has = (line: string, form: string): boolean => occurrences(line, form) > 0
