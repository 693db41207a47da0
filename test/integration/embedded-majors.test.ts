import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { boot, query, temporaryFolder, yamlOf } from '../support/embedded.ts'

const folder = temporaryFolder()
afterAll(folder.remove)

test('servers of all four major versions side by side', async () => {
  const services = Object.fromEntries([15, 16, 17, 18].map((major) => [`pg${major}`, `postgres: ${major}`]))
  const { yaml } = await yamlOf(services)
  const result = await boot(join(folder.path, '.pgfleet'), yaml)
  try {
    expect(result.services.map(({ service, state, reason }) => [service, state, reason])).toEqual([
      ['pg15', 'healthy', undefined],
      ['pg16', 'healthy', undefined],
      ['pg17', 'healthy', undefined],
      ['pg18', 'healthy', undefined],
    ])
    for (const major of [15, 16, 17, 18]) {
      const [row] = await query(
        result,
        `pg${major}`,
        "select current_setting('server_version_num')::int / 10000 major, current_setting('data_checksums') checksums, pg_encoding_to_char(encoding) encoding from pg_database where datname = current_database()",
      )
      expect(row).toEqual({ major, checksums: 'on', encoding: 'UTF8' })
    }
  } finally {
    await result.stop()
  }
})
