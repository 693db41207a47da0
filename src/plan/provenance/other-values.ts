import { fits, type SchemaNode } from './schema-node.ts'

/**
 * Other values that the schema takes in place of one: the nearest first, because it is what shows best where a value is printed, then
 * some that are far away, because a formula may be capped near the value.
 */
export function otherValues(value: unknown, node: SchemaNode): unknown[] {
  const options = node.enum ?? node.anyOf?.flatMap((one) => one.enum ?? []) ?? []
  const lists = node.anyOf?.some(({ items }) => items) && typeof value === 'string' ? [['elsewhere']] : []
  const found = options.length > 0 ? options : [...lists, ...alternatives(value, node)]
  return [...new Set(found)].filter((other) => other !== value && fits(other, node)).slice(0, most)
}

/** An enum is tried in full; nothing else has more. */
const most = 8

function alternatives(value: unknown, node: SchemaNode): unknown[] {
  if (typeof value === 'boolean') return [!value]
  if (typeof value === 'number') return numbers(value)
  if (typeof value === 'string') return texts(value, node)
  // An empty list, or one that is not written.
  const items = node.items?.enum ?? (node.examples?.[0] as readonly unknown[] | undefined) ?? []
  return items.slice(0, 1).map((item) => [item])
}

function numbers(value: number): number[] {
  if (!Number.isInteger(value)) return [value / 2, value * 2, value + 1, value * 16]
  return [value + 1, value - 1, value * 2, Math.floor(value / 2), value * 16, Math.floor(value / 16)]
}

const smaller: Readonly<Record<string, string>> = { TiB: 'GiB', GiB: 'MiB', MiB: 'KiB', GB: 'MB', MB: 'kB' }

function texts(value: string, node: SchemaNode): string[] {
  if (value === 'on' || value === 'off') return [value === 'on' ? 'off' : 'on']
  const size = /^(\d+(?:\.\d+)?)([KMGTk]i?B)$/.exec(value)
  if (size) return sizes(Number(size[1]), size[2]!)
  const duration = /^(\d+) ([a-z]+?)s?$/.exec(value)
  if (duration) return durations(Number(duration[1]), duration[2]!)
  const clock = /^(\d\d):(\d\d)$/.exec(value)
  if (clock) return [`${clock[1]}:${two((Number(clock[2]) + 7) % 60)}`, `${two((Number(clock[1]) + 1) % 24)}:${clock[2]}`]
  if (value.trim().split(/\s+/).length === 5 && /^[\d*]/.test(value)) return ['7 7 7 7 *', '8 8 8 8 *']
  const next = value.replace(/\d+(?=\D*$)/, (digits) => String(Number(digits) + 1))
  return [`${value}x`, next, ...(node.examples ?? []).filter((example) => typeof example === 'string')]
}

const two = (number: number): string => String(number).padStart(2, '0')

function sizes(amount: number, unit: string): string[] {
  const least = smaller[unit]
  const down = least ? [2, 16].map((part) => `${Math.max(1, Math.floor((amount * 1024) / part))}${least}`) : []
  return [`${amount * 2}${unit}`, ...down, `${amount * 16}${unit}`]
}

const durations = (amount: number, unit: string): string[] => [amount + 1, amount * 10].map((other) => `${other} ${unit}s`)
