import type { Finding } from './check.ts'

/** What is said of a check whatever its result is. */
export type CheckAbout = { readonly id: string; readonly title: string; readonly help: string }

/** A check of one service, or of the fleet as a whole where no service is named. */
export type CheckRun = CheckAbout & {
  readonly service?: string
  readonly result: 'passed' | 'failed' | 'not-checked'
  readonly findings: readonly Finding[]
  readonly figures: Readonly<Record<string, number>>
  /** Why it was not checked. */
  readonly reason?: string
}

/** The result of a check that was made. */
export const madeRun = (
  { id, title, help }: CheckAbout,
  service: string | undefined,
  { findings, figures }: Pick<CheckRun, 'findings' | 'figures'>,
): CheckRun => ({
  id,
  title,
  help,
  ...(service === undefined ? {} : { service }),
  result: findings.length > 0 ? 'failed' : 'passed',
  findings,
  figures,
})

/** A check that was not made, and why. */
export const notChecked = ({ id, title, help }: CheckAbout, service: string | undefined, reason: string): CheckRun => ({
  id,
  title,
  help,
  ...(service === undefined ? {} : { service }),
  result: 'not-checked',
  findings: [],
  figures: {},
  reason,
})
