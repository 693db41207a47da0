import type { Service } from '../../../fleet/types.ts'

/** A key of the pooler whose running value is not that of its file. */
export type PoolerDifference = { readonly name: string; readonly running: string; readonly file: string }

/** The keys of the section [pgbouncer] in the text of a pgbouncer.ini or of a file that it includes. */
export function poolerKeys(ini: string, section = ''): Map<string, string> {
  const keys = new Map<string, string>()
  let current = section
  for (const line of ini.split('\n')) {
    const heading = /^\[(.+)\]$/.exec(line)
    const pair = /^(\w+) = (.*)$/.exec(line)
    if (heading) current = heading[1]!
    else if (pair && current === 'pgbouncer') keys.set(pair[1]!, pair[2]!)
  }
  return keys
}

/** Keys whose value in SHOW CONFIG is another than in the file. */
export function keyDifferences(wanted: ReadonlyMap<string, string>, shown: readonly Record<string, string | null>[]): PoolerDifference[] {
  const running = new Map(shown.map((row) => [row['key'], row['value'] ?? '']))
  return [...wanted].flatMap(([name, file]) => {
    const value = running.get(name)
    return value !== undefined && same(file, value) ? [] : [{ name, running: value ?? 'not known', file }]
  })
}

/** Numbers are shown as PgBouncer counts them: the mode of a socket, in octal in the file, in decimal. */
const same = (file: string, shown: string): boolean => file === shown || (file !== '' && shown !== '' && numberOf(file) === Number(shown))

const numberOf = (text: string): number => (/^0[0-7]+$/.test(text) ? Number.parseInt(text, 8) : Number(text))

/** What a line of SHOW DATABASES says otherwise than the service's line in [databases]. */
export function databaseDifferences(
  { database, host, listenPort, pool }: Service,
  shown: readonly Record<string, string | null>[],
): PoolerDifference[] {
  const row = shown.find(({ name }) => name === database)
  if (!row) return [{ name: `database ${database}`, running: 'missing', file: 'declared' }]
  const wanted: Readonly<Record<string, string | number>> = {
    host,
    port: listenPort,
    database,
    pool_size: pool.size,
    // 1.24 renamed it.
    [row['reserve_pool_size'] === undefined ? 'reserve_pool' : 'reserve_pool_size']: pool.reserve,
    max_connections: pool.size + pool.reserve + pool.authSize,
  }
  return Object.entries(wanted).flatMap(([name, value]) =>
    row[name] === String(value) ? [] : [{ name: `${database}: ${name}`, running: row[name] ?? 'missing', file: String(value) }],
  )
}
