import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const workloads = ['oltp', 'timeseries', 'analytics', 'ledger', 'queue', 'search']

/** Writes a services.yaml with that many services into a folder: plain ones, or ones that use most of what there is. */
export function writeLargeFleet(folder: string, services: number, kind: 'plain' | 'rich' = 'plain'): void {
  mkdirSync(folder, { recursive: true })
  const lines = [
    'version: 1',
    'fleet: large',
    `host: { memory: 40TiB, cpus: 512, disk: 2000TiB, storage: nvme }`,
    'network: { base: "10" }',
    'roles:',
    '  analytics: { access: read-only, services: all }',
    'services:',
  ]
  for (let i = 0; i < services; i++)
    lines.push(
      `  service-${i}:`,
      `    summary: Service number ${i}`,
      `    port: ${10000 + i}`,
      `    workload: ${workloads[i % workloads.length]}`,
      '    memory: 2GiB',
      '    cpus: 2',
      `    pool: { port: ${30000 + i}, size: 30 }`,
      ...(kind === 'rich' ? rich(i) : ['    schemas: [app]']),
    )
  writeFileSync(join(folder, 'services.yaml'), `${lines.join('\n')}\n`)
}

const rich = (i: number): string[] => [
  '    disk: 20GiB',
  '    extensions: [pg_stat_statements, pgaudit]',
  '    schemas: [app, audit]',
  '    settings: { checkpoint_completion_target: 0.9 }',
  `    jobs: { tidy: { schedule: "${i % 60} 4 * * *", call: app.tidy() } }`,
  '    retention: { audit.events: { column: at, keep: 90 days } }',
]
