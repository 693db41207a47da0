import type { ErrorObject } from 'ajv'
import type { Path } from '../diagnostic.ts'
import { pathName } from './path-name.ts'
import { choiceHelp, enumHelp, missingKeyHelp, patternHelp, rangeHelp, typeHelp, unknownKeyHelp } from './schema-help.ts'
import { exampleWords, quoted, type Schema, typeWords, valueWords } from './schema-words.ts'

/** One way in which the data differs from the schema. */
export type SchemaProblem = {
  readonly path: Path
  readonly on: 'key' | 'value'
  readonly message: string
  readonly help: string
  readonly related?: { readonly path: Path; readonly message: string }
}

/** What there is to know about one error of the validator. */
type Case = {
  readonly error: ErrorObject
  readonly path: Path
  /** The path in words. */
  readonly place: string
  /** The value as it is written in the file, without quotes. */
  readonly source: string
  /** The schema that the keyword stands in. */
  readonly schema: Schema
}

/** The problems behind an error of the validator, in words. `sourceOf` gives the text of a value as it stands in the file. */
export function schemaProblems(error: ErrorObject, path: Path, sourceOf: (path: Path) => string): readonly SchemaProblem[] {
  const problems = byKeyword[error.keyword]
  if (!problems) throw new Error(`the schema uses ${error.keyword}, for which there are no words`)
  const source = typeof error.data === 'string' ? error.data : sourceOf(path)
  return problems({ error, path, place: pathName(path), source, schema: (error.parentSchema ?? {}) as Schema })
}

const byKeyword: Readonly<Record<string, (of: Case) => readonly SchemaProblem[]>> = {
  additionalProperties: ({ error, path, place }) => {
    const key = String(error.params.additionalProperty)
    return [{ path: [...path, key], on: 'key', message: `unknown key ${quoted(key)} in ${place}`, help: unknownKeyHelp(error) }]
  },
  required: ({ error, path, place, schema }) => {
    const key = String(error.params.missingProperty)
    return [{ path, on: 'key', message: `${place} lacks the key ${quoted(key)}`, help: missingKeyHelp(key, schema) }]
  },
  type: ({ error, path, place, source, schema }) => {
    const message = `${place} must be ${typeWords(schema.type)}, but is ${valueWords(error.data, source)}`
    return [{ path, on: 'value', message, help: typeHelp(error.data, source, schema) }]
  },
  enum: (of) => [cannotBe(of, enumHelp(of.error.data, of.source, of.schema))],
  const: (of) => [cannotBe(of, `expected ${valueWords(of.schema.const)}`)],
  anyOf: (of) => [cannotBe(of, choiceHelp(of.source, of.error.schema as readonly Schema[]))],
  pattern: (of) => [cannotBe(of, patternHelp(of.error.propertyName ?? of.source, of.schema))],
  minLength: (of) => [cannotBe(of, 'write some text')],
  maxLength: (of) => [cannotBe(of, `use at most ${of.error.params.limit} characters`)],
  minimum: (of) => [cannotBe(of, rangeHelp(of.schema))],
  maximum: (of) => [cannotBe(of, rangeHelp(of.schema))],
  minItems: (of) => [empty(of)],
  minProperties: (of) => [empty(of)],
  uniqueItems: ({ error, path, place }) => repeated(error.data as readonly unknown[], path, place),
  // Said by the keyword inside it.
  propertyNames: () => [],
}

/** A value, or a key where the keyword is applied to keys (propertyNames). */
function cannotBe({ error, path, place, source }: Case, help: string): SchemaProblem {
  const key = error.propertyName
  if (key === undefined) return { path, on: 'value', message: `${place} cannot be ${valueWords(error.data, source)}`, help }
  return { path: [...path, key], on: 'key', message: `${place} cannot have the key ${valueWords(key)}`, help }
}

const empty = ({ path, place, schema }: Case): SchemaProblem => {
  const help = schema.examples ? exampleWords(schema) : 'add an item, or remove the key'
  return { path, on: 'value', message: `${place} must not be empty`, help }
}

/** The validator names one pair of equal items; people want all of them. */
function repeated(items: readonly unknown[], path: Path, place: string): SchemaProblem[] {
  return items.flatMap((item, index) => {
    const first = items.indexOf(item)
    if (first === index) return []
    const related = { path: [...path, first], message: 'it stands here already' }
    return [
      {
        path: [...path, index],
        on: 'value' as const,
        message: `${place} has ${valueWords(item)} twice`,
        help: 'remove one of the two',
        related,
      },
    ]
  })
}
