// Secrets folders for tests, made by the workflow itself in a temporary folder.
import { readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Fleet } from '../../src/fleet/types.ts'
import { type InitResult, initSecrets } from '../../src/runtime/secrets/init.ts'

/** Two services and two applications; `more` goes in front of the services. */
export const twoServices = (more = ''): string => `version: 1
fleet: demo
host: { memory: 16GiB, cpus: 8, disk: 1TiB, storage: ssd }
${more}
services:
  orders: { port: 5433, memory: 2GiB, cpus: 2 }
  price-list: { port: 5434, memory: 2GiB, cpus: 2 }
applications:
  shop: { image: shop, uses: [orders, price-list] }
  office: { image: office, uses: [orders] }
`

export async function emptyFolder(): Promise<{ path: string; remove: () => void }> {
  const path = await mkdtemp(join(tmpdir(), 'pgfleet-test-secrets-'))
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) }
}

export const makeSecrets = (folder: string, fleet: Fleet, now = new Date()): Promise<InitResult> =>
  initSecrets({ folder, fleet, now: () => now, shown: (path) => join('secrets', path) })

/** Every file below a folder by its path, with its text. */
export function filesIn(folder: string): Record<string, string> {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort()
  return Object.fromEntries(
    names.filter((name) => statSync(join(folder, name)).isFile()).map((name) => [name, readFileSync(join(folder, name), 'utf8')]),
  )
}
