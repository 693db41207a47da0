/** How a part is written; `left` says what it leaves out. */
export type Form = { readonly text: string; readonly left?: string }

/** A piece of the comment that can be shorter. `fit` gives its best form that costs no more than `room`, and `least` where none does. */
export type Part = { readonly least: Form; readonly fit: (room: number) => Form }

/** Bytes of UTF-8. */
export const bytes = (text: string): number => Buffer.byteLength(text)

/** Bytes that a form takes, with the blank line behind it and its line in the list of what is left out. */
export const cost = ({ text, left }: Form): number => (text === '' ? 0 : bytes(text) + 2) + (left === undefined ? 0 : bytes(left) + 3)

/** A part that is the same whatever the room. */
export const always = (text: string): Part => ({ least: { text }, fit: () => ({ text }) })

/** The first of these forms that fits; the last is the least. */
export function oneOf(...forms: readonly [Form, ...Form[]]): Part {
  const least = forms.at(-1)!
  return { least, fit: (room) => forms.find((form) => cost(form) <= room) ?? least }
}

/** What a list of rows stands in, and what is said of those that do not fit. */
export type Listing = {
  readonly before: string
  readonly rows: readonly string[]
  readonly after?: string
  readonly left: (missing: number) => string
}

/** A list of which as many rows are shown, from the front, as fit; without a row it is only said to be left out. */
export function listing({ before, rows, after = '', left }: Listing): Part {
  if (rows.length === 0) return always('')
  const form = (count: number): Form => {
    const text = count === 0 ? '' : `${before}\n${rows.slice(0, count).join('\n')}${after}`
    return count === rows.length ? { text } : { text, left: left(rows.length - count) }
  }
  const least = form(0)
  const fit = (room: number): Form => {
    const whole = form(rows.length)
    if (cost(whole) <= room) return whole
    // The line about the rest is longest when all is missing.
    let used = bytes(before) + bytes(after) + 2 + cost(least)
    let count = 0
    for (const row of rows) {
      used += bytes(row) + 1
      if (used > room) break
      count++
    }
    return form(count)
  }
  return { least, fit }
}

/** A part in its place of reading. Parts choose how long they are by `rank`; `share` of the room is theirs before any takes all it can. */
export type Placed = { readonly part: Part; readonly rank: number; readonly share?: number }

/** Parts in the order of reading, each in a form so that all of them take no more than the budget, if their least forms do not. */
export function fitAll(parts: readonly Placed[], budget: number): readonly Form[] {
  const forms = parts.map(({ part }) => part.least)
  let room = budget - forms.reduce((sum, form) => sum + cost(form), 0)
  const order = parts.map((_, index) => index).sort((a, b) => parts[a]!.rank - parts[b]!.rank)
  const choose = (index: number, share: number): void => {
    const now = cost(forms[index]!)
    const chosen = parts[index]!.part.fit(now + Math.floor(room * share))
    if (room <= 0 || cost(chosen) > now + room) return
    room += now - cost(chosen)
    forms[index] = chosen
  }
  for (const index of order) if (parts[index]!.share !== undefined) choose(index, parts[index]!.share)
  for (const index of order) if (forms[index]!.left !== undefined || parts[index]!.share === undefined) choose(index, 1)
  return forms
}
