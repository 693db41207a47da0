// Numbers of postgresql.conf, read as the server reads them: src/backend/utils/misc/guc.c, parse_int, parse_real, convert_to_base_unit.
// https://github.com/postgres/postgres/blob/REL_17_STABLE/src/backend/utils/misc/guc.c
import type { Setting } from './catalog.ts'

/** A number in base units, or what is wrong with the text. */
export type ParsedNumber =
  | { readonly value: number }
  | { readonly problem: 'type' | 'unit'; readonly message: string; readonly help: string }

/** Factors of the units, largest first: memory in bytes, time in microseconds. */
const memory = { TB: 2 ** 40, GB: 2 ** 30, MB: 2 ** 20, kB: 2 ** 10, B: 1 }
const time = { d: 86_400e6, h: 3_600e6, min: 60e6, s: 1e6, ms: 1e3, us: 1 }
const bases: Record<string, { factor: number; units: Record<string, number> }> = {
  B: { factor: 1, units: memory },
  kB: { factor: 2 ** 10, units: memory },
  '8kB': { factor: 2 ** 13, units: memory },
  MB: { factor: 2 ** 20, units: memory },
  ms: { factor: 1e3, units: time },
  s: { factor: 1e6, units: time },
  min: { factor: 60e6, units: time },
}

/** Bytes of one base unit, undefined for a unit of time or none. */
export function bytesPerUnit(unit: string | undefined): number | undefined {
  const base = unit === undefined ? undefined : bases[unit]
  return base?.units === memory ? base.factor : undefined
}

/** Units that a value may be written in; none where the setting has no unit. */
export const unitsOf = (unit: string | undefined): string[] => (unit === undefined ? [] : Object.keys(bases[unit]?.units ?? {}).reverse())

/** `131072` of unit 8kB as `1GB`: the largest unit that gives a whole number. */
export function showBase(value: number, unit: string | undefined): string {
  const base = unit === undefined ? undefined : bases[unit]
  if (!base || value <= 0) return String(value)
  const amount = value * base.factor
  const [name, factor] = Object.entries(base.units).find(([, size]) => Number.isInteger(amount / size)) ?? [unit, base.factor]
  return `${amount / factor}${name}`
}

export function parseNumber(text: string, type: 'integer' | 'real', unit: string | undefined): ParsedNumber {
  const read = type === 'integer' ? readInteger(text) : readReal(text)
  if (!read) return notANumber(type, unit)
  const rest = trim(text.slice(read.length))
  const value = rest === '' ? read.value : toBase(read.value, rest, unit)
  if (value === undefined) return unit === undefined ? notANumber(type, unit) : badUnit(rest, text.slice(0, read.length).trim(), unit)
  return { value: type === 'integer' ? rint(value) : value }
}

/** C's isspace, not JavaScript's. */
const trim = (text: string) => text.replace(/^[ \t-\r]+|[ \t-\r]+$/g, '')

/** strtol with base 0 (a leading 0 is octal, 0x hexadecimal), and strtod where that stops at a point or an exponent or overflows. */
function readInteger(text: string) {
  const match = /^[ \t-\r]*([+-]?)(0[xX][0-9a-fA-F]+|0[0-7]*|[1-9][0-9]*|)/.exec(text)
  const digits = match?.[2] ?? ''
  const value = /^0[0-7]+$/.test(digits) ? Number.parseInt(digits, 8) : Number(digits)
  const length = match?.[0].length ?? 0
  if (/^[.eE]/.test(text.slice(digits ? length : 0)) || value >= 2 ** 63) return readReal(text)
  return digits ? { value: match?.[1] === '-' ? -value : value, length } : undefined
}

/** strtod; a result that overflows, underflows or is not a number is refused as the server does. */
function readReal(text: string) {
  const hex = /^[ \t-\r]*([+-]?)0[xX]([0-9a-fA-F]*)(?:\.([0-9a-fA-F]*))?(?:[pP]([+-]?[0-9]+))?/.exec(text)
  if (hex && (hex[2] || hex[3]))
    return finite(hex[0], hex[1], hexadecimal(hex[2] ?? '', hex[3] ?? '', Number(hex[4] ?? 0)), hex[2] + (hex[3] ?? ''))
  const decimal = /^[ \t-\r]*([+-]?)((?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)/.exec(text)
  if (decimal) return finite(decimal[0], decimal[1], Number(decimal[2]), decimal[2]?.replace(/[eE].*/, '') ?? '')
  const infinite = /^[ \t-\r]*([+-]?)inf(?:inity)?/i.exec(text)
  return infinite
    ? { value: infinite[1] === '-' ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY, length: infinite[0].length }
    : undefined
}

const hexadecimal = (whole: string, fraction: string, exponent: number) =>
  Number.parseInt(whole + fraction, 16) * 2 ** (exponent - 4 * fraction.length)

function finite(matched: string, sign: string | undefined, value: number, digits: string) {
  const underflow = value < 2.2250738585072014e-308 && /[1-9a-fA-F]/.test(digits)
  return Number.isFinite(value) && !underflow ? { value: sign === '-' ? -value : value, length: matched.length } : undefined
}

/** Fractions are rounded to the next smaller unit: 30.1GB is a whole number of MB. */
function toBase(value: number, written: string, unit: string | undefined): number | undefined {
  const base = unit === undefined ? undefined : bases[unit]
  const names = Object.keys(base?.units ?? {})
  const factor = base && Object.hasOwn(base.units, written) ? base.units[written] : undefined
  if (!base || factor === undefined) return undefined
  const next = base.units[names[names.indexOf(written) + 1] ?? '']
  const converted = value * (factor / base.factor)
  return next === undefined ? converted : rint(converted / (next / base.factor)) * (next / base.factor)
}

/** C's rint: halves go to the even neighbour. */
function rint(value: number): number {
  const floor = Math.floor(value)
  if (value - floor !== 0.5) return Math.round(value)
  return floor % 2 === 0 ? floor : floor + 1
}

function notANumber(type: 'integer' | 'real', unit: string | undefined): ParsedNumber {
  const kind = type === 'integer' ? 'a whole number' : 'a number'
  const help = unit === undefined ? `write ${kind} without a unit` : `write ${kind} and a unit: ${unitsOf(unit).join(', ')}`
  return { problem: 'type', message: `it is not ${kind}`, help }
}

function badUnit(written: string, number: string, unit: string): ParsedNumber {
  const units = unitsOf(unit)
  const meant = units.find((name) => name.toLowerCase() === written.toLowerCase()) ?? lookalike(written, units)
  const what = bytesPerUnit(unit) === undefined ? 'time' : 'memory'
  const help = `units of ${what} are ${units.join(', ')}, in exactly this case`
  return {
    problem: 'unit',
    message: `"${written}" is not a unit of ${what}`,
    help: meant ? `write "${number}${meant}"; ${help}` : help,
  }
}

/** GiB, M, secs, minutes: what people write for GB, MB, s, min. */
function lookalike(written: string, units: string[]): string | undefined {
  const word = written.toLowerCase()
  const patterns: [RegExp, string][] = [
    [/^k(i?b)?$/, 'kB'],
    [/^m(i?b)?$/, 'MB'],
    [/^g(i?b)?$/, 'GB'],
    [/^t(i?b)?$/, 'TB'],
    [/^bytes?$/, 'B'],
    [/^(micros|microseconds?|µs|usecs?)$/, 'us'],
    [/^(millis|milliseconds?|msecs?)$/, 'ms'],
    [/^(secs?|seconds?)$/, 's'],
    [/^(m|mins|minutes?)$/, 'min'],
    [/^(hrs?|hours?)$/, 'h'],
    [/^days?$/, 'd'],
  ]
  return patterns.find(([pattern, unit]) => pattern.test(word) && units.includes(unit))?.[1]
}

/** Whether the number of a setting with a unit is written without one, so that it counts base units. */
export const isBareNumber = (raw: string | number | boolean, setting: Setting): boolean =>
  setting.unit !== undefined && typeof raw !== 'boolean' && /^[ \t-\r]*[+-]?[0-9.xXa-fA-F]+[ \t-\r]*$/.test(String(raw))
