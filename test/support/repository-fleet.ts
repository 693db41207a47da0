import { readdirSync, readFileSync } from 'node:fs'
import type { Fleet, Target } from '../../src/fleet/types.ts'
import { fleetOf } from './fleet.ts'

/** The fleet of this repository, resolved for a target. */
export function repositoryFleet(target: Target): Promise<Fleet> {
  const paths = ['sql', 'seed'].flatMap((folder) =>
    readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((name) => `${folder}/${name}`),
  )
  const sql = Object.fromEntries(paths.filter((path) => path.endsWith('.sql')).map((path) => [path, readFileSync(path, 'utf8')]))
  return fleetOf(readFileSync('services.yaml', 'utf8'), sql, target)
}
