/** JSON with sorted keys, and one line for each entry of an object that lies `depth` levels deep: diffs then name the setting. */
export function print(value: object, depth: number): string {
  return `${block(sorted(value), depth, '')}\n`
}

function block(value: unknown, depth: number, indent: string): string {
  if (depth === 0 || !isObject(value) || Object.keys(value).length === 0) return line(value)
  const inner = `${indent}  `
  const entries = Object.entries(value).map(([key, entry]) => `${inner}${JSON.stringify(key)}: ${block(entry, depth - 1, inner)}`)
  return `{\n${entries.join(',\n')}\n${indent}}`
}

function line(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(line).join(', ')}]`
  if (!isObject(value)) return JSON.stringify(value)
  const entries = Object.entries(value).map(([key, entry]) => `${JSON.stringify(key)}: ${line(entry)}`)
  return entries.length ? `{ ${entries.join(', ')} }` : '{}'
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value) || !isObject(value)) return value
  const keys = Object.keys(value).sort()
  return Object.fromEntries(keys.map((key) => [key, sorted((value as Record<string, unknown>)[key])]))
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
