import { readdirSync, readFileSync } from 'node:fs'
import type { Fleet, Target } from '../../src/fleet/types.ts'
import { fleetOf } from './fleet.ts'

/** The fleet of this repository, resolved for a target. */
export function repositoryFleet(target: Target): Promise<Fleet> {
  const names = readdirSync('sql', { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.sql'))
  const sql = Object.fromEntries(names.map((name) => [`sql/${name}`, readFileSync(`sql/${name}`, 'utf8')]))
  return fleetOf(readFileSync('services.yaml', 'utf8'), sql, target)
}
