import type { Evidence, EvidenceCheck, EvidenceFinding } from './evidence.ts'

/** Bytes that a record may have at most, so that it can be kept with every release. */
export const evidenceLimit = 256 * 1024

/** Items of each list of services and findings, and characters of each text of a finding, that stay: less and less. */
const cuts = [
  [1000, 1000],
  [200, 300],
  [100, 200],
  [50, 200],
  [20, 100],
  [10, 100],
  [3, 60],
  [1, 40],
  [0, 40],
] as const

/** The record as a file. Every check stays; long lists are cut, and say by how much, until it is smaller than the limit. */
export function evidenceText(evidence: Evidence, limit = evidenceLimit): string {
  for (const [items, characters] of [[Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY], ...cuts] as const) {
    const text = `${JSON.stringify(shortened(evidence, items, characters), null, 2)}\n`
    if (Buffer.byteLength(text) < limit) return text
  }
  throw new Error(`the record of a verification cannot be cut to ${limit} bytes`)
}

const shortened = (evidence: Evidence, items: number, characters: number): Evidence => ({
  ...evidence,
  services: evidence.services.slice(0, items),
  servicesOmitted: lost(evidence.services, items),
  checks: evidence.checks.map((check) => shortenedCheck(check, items, characters)),
})

const shortenedCheck = (check: EvidenceCheck, items: number, characters: number): EvidenceCheck => ({
  ...check,
  services: check.services.slice(0, items),
  servicesOmitted: lost(check.services, items),
  findings: check.findings.slice(0, items).map(({ service, what, expected, actual, help }): EvidenceFinding => {
    const [a, b, c, d] = [what, expected, actual, help].map((text) => cutText(text, characters)) as [string, string, string, string]
    return { service, what: a, expected: b, actual: c, help: d }
  }),
  findingsOmitted: lost(check.findings, items),
  reason: check.reason === null ? null : cutText(check.reason, characters),
})

const lost = (list: readonly unknown[], items: number): number => Math.max(0, list.length - items)

/** By whole characters: half of a surrogate pair is none. */
const cutText = (text: string, characters: number): string =>
  text.length <= characters ? text : `${text.slice(0, characters - 1).replace(/[\uD800-\uDBFF]$/, '')}…`
