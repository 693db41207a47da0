import type { Build, Setting } from './catalog.ts'
import { bytesPerUnit, parseNumber, showBase } from './setting-number.ts'

/**
 * A value as the server takes it. `base` is the number in the setting's base unit, the boolean, or the word as `SHOW` gives it;
 * `bytes` is there for amounts of memory (not for special values below zero); `text` is what postgresql.conf gets, before quoting.
 * A message completes "<value> is no value of <setting>: ...".
 */
export type ParsedSetting =
  | { readonly ok: true; readonly base: number | string | boolean; readonly bytes?: number; readonly text: string }
  | { readonly ok: false; readonly problem: 'type' | 'range' | 'unit' | 'enum'; readonly message: string; readonly help: string }

type Raw = string | number | boolean

/** Reads a value with exactly the rules of PostgreSQL's guc.c, so that what is accepted here is accepted by the server. */
export function parseSetting(setting: Setting, raw: Raw, build: Build): ParsedSetting {
  const text = textOf(raw)
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is refused
  if (/[\u0000-\u0008\u000a-\u001f\u007f]/.test(text))
    return { ok: false, problem: 'type', message: 'it has a line break or control character', help: 'write the value on one line' }
  switch (setting.type) {
    case 'bool':
      return parseBool(text)
    case 'enum':
      return parseEnum(setting, text, build)
    case 'string':
      return { ok: true, base: text, text }
    default:
      return parseAmount(setting, text, setting.type)
  }
}

/** YAML's true and false are PostgreSQL's on and off. */
const textOf = (raw: Raw) => (typeof raw === 'boolean' ? (raw ? 'on' : 'off') : String(raw))

function parseBool(text: string): ParsedSetting {
  const word = text.toLowerCase()
  const value = word !== '' && (isPrefix(word, 'true') || isPrefix(word, 'yes') || word === 'on' || word === '1')
  const off = word !== '' && (isPrefix(word, 'false') || isPrefix(word, 'no') || word === 'of' || word === 'off' || word === '0')
  if (value || off) return { ok: true, base: value, text }
  return { ok: false, problem: 'type', message: 'it is neither on nor off', help: 'write on or off' }
}

const isPrefix = (part: string, whole: string) => whole.startsWith(part)

/** The values of an enum that this build takes. */
export function enumValues(setting: Setting, build: Build): string[] {
  const foreign = Object.entries(setting.enumOnly ?? {}).flatMap(([owner, values]) => (owner === build ? [] : values))
  return (setting.enum ?? []).filter((value) => !foreign.includes(value))
}

function parseEnum(setting: Setting, text: string, build: Build): ParsedSetting {
  const values = enumValues(setting, build)
  const word = text.toLowerCase()
  const value = values.find((name) => name.toLowerCase() === word) ?? hiddenWords(values)[word]
  if (value !== undefined) return { ok: true, base: canonical(value, values), text }
  return {
    ok: false,
    problem: 'enum',
    message: 'it is none of its values',
    help: `write one of ${values.map((name) => name || '""').join(', ')}`,
  }
}

/**
 * Words that the server takes but does not list in pg_settings.enumvals (marked hidden in guc_tables.c), and what they stand for.
 * https://github.com/postgres/postgres/blob/REL_17_STABLE/src/backend/utils/misc/guc_tables.c
 */
function hiddenWords(values: string[]): Record<string, string> {
  const hasAll = (...names: string[]) => names.every((name) => values.includes(name))
  return {
    ...(hasAll('on', 'off') ? { true: 'on', yes: 'on', 1: 'on', false: 'off', no: 'off', 0: 'off' } : {}),
    ...(hasAll('debug2') ? { debug: 'debug2' } : {}),
    ...(hasAll('debug2') && !hasAll('info') && !hasAll('disabled') ? { info: 'info' } : {}),
    ...(hasAll('minimal', 'replica') ? { archive: 'replica', hot_standby: 'replica' } : {}),
  }
}

/** wal_compression has two names for one value; the server shows the first. */
const canonical = (value: string, values: string[]) => (value === 'on' && values.includes('pglz') ? 'pglz' : value)

const intMax = 2 ** 31 - 1

function parseAmount(setting: Setting, text: string, type: 'integer' | 'real'): ParsedSetting {
  const { unit } = setting
  const parsed = parseNumber(text, type, unit)
  if ('problem' in parsed) return { ok: false, ...parsed }
  const { value } = parsed
  const min = setting.min ?? (type === 'integer' ? -intMax - 1 : Number.NEGATIVE_INFINITY)
  const max = setting.max ?? (type === 'integer' ? intMax : Number.POSITIVE_INFINITY)
  const shown = { min: showBase(min, unit), max: showBase(max, unit) }
  const help = `write a value from ${shown.min} to ${shown.max}`
  if (value < min) return { ok: false, problem: 'range', message: `it is below the least value ${shown.min}`, help }
  if (value > max) return { ok: false, problem: 'range', message: `it is above the greatest value ${shown.max}`, help }
  const size = bytesPerUnit(unit)
  return { ok: true, base: value, ...(size !== undefined && value >= 0 ? { bytes: value * size } : {}), text }
}
