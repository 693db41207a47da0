import { createHash } from 'node:crypto'

/** The record of a boot of this services.yaml, as `pgfleet verify --evidence` writes it; `more` replaces fields. */
export function evidenceOf(services: string, more: object = {}): object {
  return {
    format: 1,
    fleet: 'demo',
    pgfleet: '1.2.3',
    runtime: 'compose',
    started: '2026-06-01T11:00:00.000Z',
    ended: '2026-06-01T11:01:30.000Z',
    result: 'passed',
    inputs: { servicesYaml: { sha256: createHash('sha256').update(services).digest('hex') }, output: null },
    services: [{ name: 'orders', postgres: '17.10', pgbouncer: null, images: { server: `sha256:${'c'.repeat(64)}`, pooler: null } }],
    servicesOmitted: 0,
    checks: [checkOf('passed', [])],
    ...more,
  }
}

/** A check of the fleet as a whole, with what it found. */
export const checkOf = (result: 'passed' | 'failed', findings: readonly object[]): object => ({
  id: 'grants',
  title: 'roles have the privileges that are declared',
  result,
  services: ['orders'],
  servicesOmitted: 0,
  figures: { objects: 40 },
  findings,
  findingsOmitted: 0,
  reason: null,
})
