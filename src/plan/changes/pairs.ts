/** What two lists have under one key; one of the sides may be missing. */
export type Pair<T> = { readonly key: string; readonly before?: T; readonly after?: T }

/** Everything of both lists by its key, in the order of `after`, then what only `before` has. */
export function pairs<T>(before: Iterable<T>, after: Iterable<T>, keyOf: (item: T) => string): Pair<T>[] {
  const old = new Map(Array.from(before, (item) => [keyOf(item), item] as const))
  const result: Pair<T>[] = []
  for (const item of after) {
    const key = keyOf(item)
    const other = old.get(key)
    result.push(other === undefined ? { key, after: item } : { key, before: other, after: item })
    old.delete(key)
  }
  for (const [key, item] of old) result.push({ key, before: item })
  return result
}

export const kindOf = ({ before, after }: Pair<unknown>): 'added' | 'removed' | 'changed' =>
  before === undefined ? 'added' : after === undefined ? 'removed' : 'changed'

/** Whether two plain values say the same; keys in the same order. */
export const same = (a: unknown, b: unknown): boolean => a === b || JSON.stringify(a) === JSON.stringify(b)
