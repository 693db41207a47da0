import { header } from '../../src/artifact.ts'
import { opsFleet } from '../../src/fleet/ops.ts'
import type { Generator } from '../generator.ts'

export const ops: Generator = {
  name: 'ops',
  summary: 'What the ops container needs to know of the fleet: servers, roles, jobs, schedule',
  generate(fleet) {
    if (!fleet.target.scheduler) return []
    const content = `${JSON.stringify({ '#': header, ...opsFleet(fleet) }, null, 2)}\n`
    return [{ path: 'ops/fleet.json', kind: 'json', mode: 0o644, content }]
  },
}
