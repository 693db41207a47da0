/** A user, database or parameter of a connection URI: everything but letters, digits and `-._~` percent-encoded. */
export const urlPart = (text: string): string =>
  encodeURIComponent(text.replace(/\p{Surrogate}/gu, '\uFFFD')).replace(
    /[!'()*]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
  )

export type ConnectionUri = {
  readonly user: string
  readonly password?: string
  readonly host: string
  readonly port: number
  readonly database: string
  readonly parameters: Readonly<Record<string, string>>
}

/** A connection URI of libpq: https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-CONNSTRING-URIS */
export function connectionUri({ user, password, host, port, database, parameters }: ConnectionUri): string {
  const login = password === undefined ? urlPart(user) : `${urlPart(user)}:${urlPart(password)}`
  // Slashes may stand in a query as they are, which keeps paths readable: https://www.rfc-editor.org/rfc/rfc3986#section-3.4
  const query = Object.entries(parameters).map(([name, value]) => `${urlPart(name)}=${urlPart(value).replaceAll('%2F', '/')}`)
  return `postgresql://${login}@${host}:${port}/${urlPart(database)}?${query.join('&')}`
}
