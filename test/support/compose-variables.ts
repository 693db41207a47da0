/**
 * What Compose makes of a parsed file: in every string, variables are replaced by what is set or by their defaults, and `$$` by `$`.
 * https://docs.docker.com/reference/compose-file/interpolation/
 */
export function interpolated<T>(value: T, variables: Readonly<Record<string, string>> = {}): T {
  const replaced = (part: unknown): unknown => {
    if (typeof part === 'string')
      return part.replace(/\$(?:(\$)|\{(\w+):-([^{}]*)\})/g, (_, dollar, name, otherwise) =>
        dollar ? '$' : (variables[name] ?? otherwise),
      )
    if (Array.isArray(part)) return part.map(replaced)
    return part && typeof part === 'object' ? Object.fromEntries(Object.entries(part).map(([key, each]) => [key, replaced(each)])) : part
  }
  return replaced(value) as T
}
