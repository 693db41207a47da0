// The record of a verification: what was checked, against what, and how it went. schema/evidence.schema.json describes it.
import type { CheckRun } from './check-run.ts'
import type { Verified } from './verify.ts'

/** Names of images as the engine has them: `sha256:...`. */
export type ServiceImages = { readonly server: string | null; readonly pooler: string | null }

export type EvidenceAbout = {
  readonly fleet: string
  readonly pgfleet: string
  readonly runtime: 'embedded' | 'compose'
  readonly started: Date
  readonly ended: Date
  /** Hex SHA-256 of services.yaml. */
  readonly servicesYaml: string
  /** Of the list of checksums in the output folder, and how many files it names; null where there is no such folder. */
  readonly output: { readonly sha256: string; readonly files: number } | null
  /** By service, where there are containers. */
  readonly images: ReadonlyMap<string, ServiceImages>
}

export type EvidenceFinding = {
  readonly service: string | null
  readonly what: string
  readonly expected: string
  readonly actual: string
  readonly help: string
}

/** One check with one result: for some services it may have another. */
export type EvidenceCheck = {
  readonly id: string
  readonly title: string
  readonly result: CheckRun['result']
  /** Empty: the fleet as a whole. */
  readonly services: readonly string[]
  readonly servicesOmitted: number
  /** Sums over these services. */
  readonly figures: Readonly<Record<string, number>>
  readonly findings: readonly EvidenceFinding[]
  readonly findingsOmitted: number
  /** Why it was not checked. */
  readonly reason: string | null
}

export type Evidence = {
  readonly format: 1
  readonly fleet: string
  readonly pgfleet: string
  readonly runtime: 'embedded' | 'compose'
  readonly started: string
  readonly ended: string
  readonly result: 'passed' | 'failed'
  readonly inputs: { readonly servicesYaml: { readonly sha256: string }; readonly output: EvidenceAbout['output'] }
  readonly services: readonly {
    readonly name: string
    readonly postgres: string | null
    readonly pgbouncer: string | null
    readonly images: ServiceImages | null
  }[]
  readonly servicesOmitted: number
  readonly checks: readonly EvidenceCheck[]
}

/** The record of a verification, with everything that was found. */
export function evidenceOf({ services, runs }: Verified, about: EvidenceAbout, helpText: (help: string) => string): Evidence {
  const { fleet, pgfleet, runtime, started, ended, servicesYaml, output, images } = about
  return {
    format: 1,
    fleet,
    pgfleet,
    runtime,
    started: started.toISOString(),
    ended: ended.toISOString(),
    result: runs.some(({ result }) => result === 'failed') ? 'failed' : 'passed',
    inputs: { servicesYaml: { sha256: servicesYaml }, output },
    services: services.map(({ service, postgres, pgbouncer }) => ({
      name: service,
      postgres: postgres ?? null,
      pgbouncer: pgbouncer ?? null,
      images: images.get(service) ?? null,
    })),
    servicesOmitted: 0,
    checks: [...grouped(runs).values()].map((group) => checkOf(group, helpText)),
  }
}

/** Runs of one check that ended in the same way. */
function grouped(runs: readonly CheckRun[]): Map<string, CheckRun[]> {
  const groups = new Map<string, CheckRun[]>()
  for (const run of runs) {
    const key = JSON.stringify([run.id, run.result, run.reason ?? '', run.service === undefined])
    groups.set(key, [...(groups.get(key) ?? []), run])
  }
  return groups
}

function checkOf(runs: readonly CheckRun[], helpText: (help: string) => string): EvidenceCheck {
  const { id, title, result, reason } = runs[0]!
  const figures: Record<string, number> = {}
  for (const run of runs) for (const [name, value] of Object.entries(run.figures)) figures[name] = (figures[name] ?? 0) + value
  const findings = runs.flatMap((run) =>
    run.findings.map(({ what, expected, actual, help }) => ({
      service: run.service ?? null,
      what,
      expected,
      actual,
      help: helpText(help ?? run.help),
    })),
  )
  const services = runs.flatMap(({ service }) => (service === undefined ? [] : [service]))
  return { id, title, result, services, servicesOmitted: 0, figures, findings, findingsOmitted: 0, reason: reason ?? null }
}
