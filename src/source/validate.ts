import validate from '../../schema/services.schema.json?validator'
import type { Config } from '../../schema/services.ts'
import { compareDiagnostics, type Diagnostic, type Path, type Staged } from '../diagnostic.ts'
import type { ParsedDocument } from './document.ts'
import { pathName } from './path-name.ts'
import { withoutConsequences } from './schema-consequences.ts'
import { type SchemaProblem, schemaProblems } from './schema-problem.ts'

/** Second stage: everything in which the data differs from schema/services.schema.json, as `schema/<keyword>`. */
export function validateConfig(document: ParsedDocument): Staged<Config> {
  if (validate(document.data)) return { value: document.data as Config, diagnostics: [] }
  // By what is said and where, without the path: text behind an alias is validated once for each of its uses.
  const found = new Map<string, Diagnostic>()
  for (const error of withoutConsequences(validate.errors ?? [])) {
    const path = pathOf(error.instancePath, document.data)
    for (const problem of schemaProblems(error, path, (at) => sourceOf(document, at))) {
      const diagnostic = toDiagnostic(problem, error.keyword, document)
      const key = `${diagnostic.at.start.offset} ${problem.message.replace(pathName(path), '')}`
      if (!found.has(key)) found.set(key, diagnostic)
    }
  }
  return { diagnostics: [...found.values()].sort(compareDiagnostics) }
}

function toDiagnostic({ path, on, message, help, related }: SchemaProblem, keyword: string, document: ParsedDocument): Diagnostic {
  return {
    code: `schema/${keyword}`,
    severity: 'error',
    message,
    help,
    at: document.spanOf(path, on),
    related: related ? [{ at: document.spanOf(related.path), message: related.message }] : [],
  }
}

/** A JSON pointer as a path; list indexes become numbers. */
function pathOf(pointer: string, data: unknown): Path {
  let value = data
  return pointer
    .split('/')
    .slice(1)
    .map((part) => {
      const name = part.replaceAll('~1', '/').replaceAll('~0', '~')
      const step = Array.isArray(value) ? Number(name) : name
      value = (value as Record<string | number, unknown>)[step]
      return step
    })
}

/** A number or truth value as it is written: `1.20` is the number 1.2. */
function sourceOf({ data, text, spanOf }: ParsedDocument, path: Path): string {
  const { start, end } = spanOf(path)
  const source = text.slice(start.offset, end.offset)
  if (!source.startsWith('*')) return source
  return String(path.reduce<unknown>((value, step) => (value as Record<string | number, unknown>)[step], data))
}
