import { expect, test } from 'vitest'
import { loadCatalogs, type Major } from '../../src/fleet/catalog.ts'
import { extensionMajors } from '../../src/fleet/extensions-known.ts'
import { describeMajors, majorsOf, successorOf } from '../../src/fleet/setting-history.ts'

const { postgres } = await loadCatalogs([15, 16, 17, 18])
const catalogs = Object.values(postgres)

test('the table of settings that not every major has agrees with the catalogues', () => {
  const names = new Set(catalogs.flatMap(({ settings }) => Object.keys(settings)))
  for (const name of names) {
    const having = catalogs.filter(({ settings }) => Object.hasOwn(settings, name)).map(({ major }) => major)
    // Debian's own settings depend on its releases, not on the major.
    if (catalogs.some(({ settings }) => settings[name]?.builds)) continue
    expect([name, majorsOf(name)]).toEqual([name, having.length === catalogs.length ? undefined : having])
  }
})

test('contrib modules that not every major has are known as such', () => {
  const contrib = (major: Major) =>
    Object.entries(postgres[major]?.extensions ?? {}).flatMap(([name, builds]) => (builds.includes('embedded') ? [name] : []))
  const names = new Set(catalogs.flatMap(({ major }) => contrib(major)))
  const partly = [...names].filter((name) => catalogs.some(({ major }) => !contrib(major).includes(name)))
  expect(partly.sort()).toEqual(['adminpack', 'old_snapshot', 'pg_logicalinspect'])
  expect(partly.map(extensionMajors)).toEqual(['PostgreSQL 15 and 16 only', 'PostgreSQL 15 and 16 only', 'PostgreSQL 18 only'])
})

test.each<[Major[], string]>([
  [[15], 'PostgreSQL 15 only'],
  [[15, 16], 'PostgreSQL 15 to 16 only'],
  [[17, 18], 'PostgreSQL 17 and later'],
  [[18], 'PostgreSQL 18 only'],
])('%j is %s', (majors, text) => {
  expect(describeMajors(majors)).toBe(text)
})

test('a former setting has a successor or none', () => {
  expect(['checkpoint_segments', 'ssl_renegotiation_limit', 'work_mem', 'toString'].map(successorOf)).toEqual([
    'max_wal_size',
    '',
    undefined,
    undefined,
  ])
})
