/** A connection string inside double quotes of a shell. https://www.postgresql.org/docs/current/libpq-connect.html */
export const conninfo = (parameters: Readonly<Record<string, string>>): string =>
  Object.entries(parameters)
    .map(([name, value]) => `${name}=${quoted(value)}`)
    .join(' ')

const quoted = (value: string): string =>
  /^[A-Za-z0-9_./-]+$/.test(value) ? value : `'${value.replace(/[\\']/g, '\\$&')}'`.replace(/["$`\\]/g, '\\$&')
