import type { ErrorObject } from 'ajv'
import { closest } from '../suggest.ts'
import { repair } from './repair.ts'
import { exampleWords, fits, guess, quoted, type Schema, typeWords, valueWords } from './schema-words.ts'

// What is allowed, or what to do, where a value does not fit its schema. `source` is the value as it is written in the file.

/** The key that an unknown one was meant to be. One that is there already was hardly meant, unless no other is near. */
export function meantKey({ params, parentSchema, data }: ErrorObject): string | undefined {
  const key = String(params.additionalProperty)
  const keys = Object.keys((parentSchema as Schema).properties ?? {})
  const absent = keys.filter((name) => !Object.hasOwn(data as object, name))
  return closest(key, absent) ?? closest(key, keys)
}

export function unknownKeyHelp(error: ErrorObject): string {
  const { properties = {} } = error.parentSchema as Schema
  const near = meantKey(error)
  if (near !== undefined) return guess(near, '')
  const owner = Object.keys(properties).find((name) =>
    Object.hasOwn(properties[name]?.properties ?? {}, String(error.params.additionalProperty)),
  )
  return owner === undefined ? `expected one of ${Object.keys(properties).join(', ')}` : `it belongs under ${quoted(owner)}`
}

export function missingKeyHelp(key: string, { properties = {} }: Schema): string {
  const example = JSON.stringify(properties[key]?.examples?.[0])
  return example === undefined ? 'add it' : `add it, e.g. ${key}: ${example}`
}

export function enumHelp(data: unknown, source: string, { enum: values = [] }: Schema): string {
  const expected = `expected one of ${values.join(', ')}`
  const same = values.find((value) => String(value) === source)
  if (same !== undefined)
    return `${typeof same === 'string' ? `write it in quotes: ${quoted(same)}` : `write it without quotes: ${same}`}; ${expected}`
  // Numbers are near to each other in another sense than words.
  const words = values.map(String).filter((value) => /^[a-z]/i.test(value))
  return guess(
    typeof data === 'string' ? (closest(source, words) ?? only(words.filter((word) => word.startsWith(source.toLowerCase())))) : undefined,
    expected,
  )
}

const only = (words: readonly string[]): string | undefined => (words.length === 1 ? words[0] : undefined)

export function choiceHelp(source: string, branches: readonly Schema[]): string {
  const words = branches.flatMap((branch) => (typeof branch.const === 'string' ? [branch.const] : []))
  const expected = branches.map((branch) => ('const' in branch ? valueWords(branch.const) : typeWords(branch.type)))
  return guess(closest(source, words), `expected ${expected.join(' or ')}`)
}

export function patternHelp(source: string, schema: Schema): string {
  const repaired = repair(source, (candidate) => fits(candidate, schema))
  return guess(repaired, schema.patternErrorMessage ?? `it must match ${schema.pattern}`)
}

export function typeHelp(data: unknown, source: string, schema: Schema): string {
  const types = [schema.type ?? []].flat()
  if (data === null) return 'write a value, or remove the key'
  if (typeof data === 'string' && /^[0-9]+(\.[0-9]+)?$/.test(data) && types.some((type) => type === 'integer' || type === 'number'))
    return `write it without quotes: ${data}`
  if (types.includes('string') && (typeof data === 'number' || typeof data === 'boolean')) {
    if (!fits(source, schema)) return patternHelp(source, schema)
    return `write it in quotes: ${quoted(source)}`
  }
  if (types.includes('array') && typeof data === 'string') return `write a list: [${source}]`
  return exampleWords(schema)
}

export function rangeHelp({ minimum, maximum }: Schema): string {
  if (minimum !== undefined && maximum !== undefined) return `expected ${minimum} to ${maximum}`
  return minimum === undefined ? `expected at most ${maximum}` : `expected at least ${minimum}`
}
