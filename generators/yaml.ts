// Prints plain data as block YAML. The `yaml` package parses what people write; for a fleet of 1,000 services its printer took a
// fifth of the whole run, and cold a sixth of a run for nine. test/generators/yaml.test.ts has it read everything back.

/** What can be printed. `undefined` is not among it: a field is there or it is not. */
export type Yaml = string | number | boolean | readonly Yaml[] | Mapping | Alias | Anchored
type Mapping = { readonly [key: string]: Yaml }
type Alias = { readonly [aliasOf]: string }
type Anchored = { readonly [anchor]: string; readonly value: Mapping }

const aliasOf = Symbol('alias of')
const anchor = Symbol('anchor')

/** The value that carries an anchor. */
export const alias = (name: string): Alias => ({ [aliasOf]: name })

/** A mapping that can be referred to by a name. */
export const anchored = (name: string, value: Mapping): Anchored => ({ [anchor]: name, value })

/** A mapping as text, each line ending with a line feed. */
export function printYaml(value: Mapping, indent = ''): string {
  let text = ''
  for (const [key, item] of Object.entries(value)) text += `${indent}${key === '<<' ? key : scalar(key)}:${afterKey(item, indent)}`
  return text
}

function afterKey(value: Yaml, indent: string): string {
  if (typeof value !== 'object') return ` ${scalar(value)}\n`
  if (aliasOf in value) return ` *${value[aliasOf]}\n`
  if (anchor in value) return ` &${value[anchor]}\n${printYaml(value.value, `${indent}  `)}`
  if (isList(value))
    return value.length === 0 ? ' []\n' : `\n${value.map((item) => `${indent}  -${afterDash(item, `${indent}  `)}`).join('')}`
  const text = printYaml(value as Mapping, `${indent}  `)
  return text === '' ? ' {}\n' : `\n${text}`
}

/** The first line of a mapping in a list stands beside its dash. */
function afterDash(value: Yaml, indent: string): string {
  if (typeof value !== 'object') return ` ${scalar(value)}\n`
  if (aliasOf in value || anchor in value || isList(value)) throw new Error('lists hold scalars and mappings')
  const text = printYaml(value as Mapping, `${indent}  `)
  return text === '' ? ' {}\n' : ` ${text.slice(indent.length + 2)}`
}

const isList = (value: object): value is readonly Yaml[] => Array.isArray(value)

/** Words that are no text for a reader of YAML 1.1, which Compose has: https://yaml.org/type/bool.html */
const words = /^(?:y|yes|n|no|on|off|true|false|null)$/i
/** Text that needs no quotes where nothing is in brackets: words, paths, references, sizes and times like `4g`, options like `-c`. */
const plain = /^(?:-?[A-Za-z]|\.{0,2}\/|\$\{|\d+[A-Za-z]+$)[A-Za-z0-9_./${}@=+,-]*(?::[A-Za-z0-9_./${}@=+,-]+)*$/

/** What JSON leaves as it is and YAML does not allow, or changes: https://yaml.org/spec/1.2.2/#51-character-set */
const special = /[\u007f-\u009f\u2028\u2029\ufeff\ufffe\uffff\ud800-\udfff]/gu

function scalar(value: string | number | boolean): string {
  if (typeof value !== 'string') return String(value)
  if (plain.test(value) && !words.test(value)) return value
  return JSON.stringify(value).replace(special, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`)
}
