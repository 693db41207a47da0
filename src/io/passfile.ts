// Files from which libpq takes what it needs to connect, so that no password stands in a command or is shown.

export type Login = { readonly host: string; readonly port: number; readonly database: string; readonly user: string }

/** A password file: https://www.postgresql.org/docs/current/libpq-pgpass.html */
export const passfileText = (entries: readonly (Login & { readonly password: string })[]): string =>
  entries
    .map(({ host, port, database, user, password }) =>
      [...[host, String(port), database, user].map(passfileKey), passfileField(password)].join(':'),
    )
    .map((line) => `${line}\n`)
    .join('')

/** A single asterisk would fit everything: libpq takes a character behind a backslash for itself. */
const passfileKey = (value: string): string => (value === '*' ? '\\*' : passfileField(value))

function passfileField(value: string): string {
  return oneLine(value).replace(/[:\\]/g, '\\$&')
}

/** A service file: https://www.postgresql.org/docs/current/libpq-pgservice.html. Values reach to the end of the line and know no quotes. */
export const serviceFileText = (entries: readonly (Login & { readonly name: string; readonly passfile: string })[]): string =>
  entries
    .map(({ name, host, port, database, user, passfile }) => {
      const lines = [`[${name}]`, `host=${host}`, `port=${port}`, `dbname=${database}`, `user=${user}`, `passfile=${passfile}`]
      return `${lines.map(oneLine).join('\n')}\n`
    })
    .join('\n')

function oneLine(text: string): string {
  if (/[\0\r\n]/.test(text)) throw new Error(`neither a password file nor a service file can hold ${JSON.stringify(text)}`)
  return text
}
