import type { BootEvidence } from '../../plan/changes/review.ts'
import type { Evidence } from '../../runtime/verify/evidence.ts'
import { sha256 } from '../../sha256.ts'

export type EvidenceSource = {
  /** What was found; undefined when there is none. */
  readonly json: unknown
  readonly missing: string
  /** Whether the author of the change could have made it up. */
  readonly trusted: boolean
  readonly url?: string
}

/** What the record of a boot says of a head. A record of another services.yaml, or one that is none, is as good as none. */
export async function bootEvidence({ json, missing, trusted, url }: EvidenceSource, services: string | undefined): Promise<BootEvidence> {
  if (json === undefined) return { state: 'not-run', why: missing }
  const validate = (await import('../../../schema/evidence.schema.json?validator')).default
  if (!validate(json)) return { state: 'not-run', why: 'the record of the boot does not fit its schema, so it is not used' }
  const evidence = json as Evidence
  if (services === undefined || evidence.inputs.servicesYaml.sha256 !== sha256(services))
    return { state: 'not-run', why: 'the record of the boot is of another services.yaml, so it is not used' }
  const of = (result: string) => evidence.checks.filter((check) => check.result === result)
  const begin = Date.parse(evidence.started)
  return {
    state: trusted ? 'measured' : 'unverified',
    result: evidence.result,
    runtime: evidence.runtime,
    seconds: Math.max(0, (Date.parse(evidence.ended) - begin) / 1000),
    servers: evidence.services.length + evidence.servicesOmitted,
    passed: of('passed').length,
    failed: of('failed').length,
    skipped: evidence.checks.length - of('passed').length - of('failed').length,
    failures: of('failed').map(({ title, findings: [first] }) => ({
      check: title,
      found: first ? `${first.service ?? 'the fleet'}: ${first.what}: expected ${first.expected}, found ${first.actual}` : 'no details',
    })),
    images: evidence.services.flatMap(({ name, images }) => (images ? [{ service: name, ...images }] : [])),
    ...(url === undefined ? {} : { url }),
  }
}
