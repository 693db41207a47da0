import type { Finding } from './check.ts'

/** What stands where there is nothing. */
export const absent = 'absent'

/** Both directions: what is missing, what is too much, and what is there with another value. */
export function compareMaps(expected: ReadonlyMap<string, string>, actual: ReadonlyMap<string, string>): Finding[] {
  const names = [...new Set([...expected.keys(), ...actual.keys()])].sort()
  return names.flatMap((what) => {
    const [wanted, found] = [expected.get(what) ?? absent, actual.get(what) ?? absent]
    return wanted === found ? [] : [{ what, expected: wanted, actual: found }]
  })
}
