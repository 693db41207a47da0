/** The parts of a JSON Schema that messages are made of. */
export type Schema = {
  readonly type?: string | readonly string[]
  readonly properties?: Readonly<Record<string, Schema>>
  readonly examples?: readonly unknown[]
  readonly enum?: readonly unknown[]
  readonly const?: unknown
  readonly pattern?: string
  readonly patternErrorMessage?: string
  readonly minimum?: number
  readonly maximum?: number
}

const typeNames: Readonly<Record<string, string>> = {
  object: 'a map',
  array: 'a list',
  string: 'text',
  integer: 'a whole number',
  number: 'a number',
  boolean: 'true/false',
}

/** `text, a number or true/false`. */
export function typeWords(type: string | readonly string[] = []): string {
  const names = [type].flat().map((name) => typeNames[name as string] ?? String(name))
  return names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} or ${names.at(-1)}`
}

/** A value as a person would name it: numbers as they are written, long text shortened. */
export function valueWords(value: unknown, source = String(value)): string {
  if (value === null) return 'empty'
  if (Array.isArray(value)) return 'a list'
  if (typeof value === 'object') return 'a map'
  if (typeof value !== 'string') return source
  return quoted(value.length > 60 ? `${value.slice(0, 60)}…` : value)
}

/** `e.g. ...`, from the examples that every field of the schema has. */
export const exampleWords = ({ examples }: Schema): string => (examples?.length ? `e.g. ${JSON.stringify(examples[0])}` : 'see the schema')

/** `did you mean "x"?` where there is a guess, then the rest. */
export const guess = (near: string | undefined, rest: string): string =>
  near === undefined ? rest : `did you mean ${quoted(near)}? ${rest}`.trimEnd()

export const quoted = (text: string): string => JSON.stringify(text)

export const fits = (text: string, { pattern }: Schema): boolean => pattern === undefined || new RegExp(pattern, 'u').test(text)
