import type { Login } from './passfile.ts'

/** The password that libpq would take from a password file: that of the first line which fits. `*` fits everything. */
export function passwordFor(text: string, { host, port, database, user }: Login): string | undefined {
  const wanted = [host, String(port), database, user]
  for (const line of text.split(/\r?\n/)) {
    if (line.startsWith('#')) continue
    const fields = fieldsOf(line)
    if (fields.length === 5 && wanted.every((value, index) => fields[index] === '*' || unescaped(fields[index]!) === value))
      return unescaped(fields[4]!)
  }
  return undefined
}

/** Fields are separated by colons; a backslash takes the meaning from the character behind it. The fifth is all of the rest. */
function fieldsOf(line: string): string[] {
  const [, ...fields] = /^((?:\\.|[^:\\])*):((?:\\.|[^:\\])*):((?:\\.|[^:\\])*):((?:\\.|[^:\\])*):(.*)$/.exec(line) ?? []
  return fields
}

const unescaped = (field: string): string => field.replace(/\\(.)/g, '$1')
