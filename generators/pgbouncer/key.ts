import { iniValue, lineComment } from '../quote.ts'

/** Keys under a heading. */
export type KeyGroup = { readonly title: string; readonly keys: readonly Key[] }

/** A line of pgbouncer.ini and the reason for it, which stands above: PgBouncer takes no comment beside a value. */
export type Key = { readonly name: string; readonly value: string; readonly why: string }

export const key = (name: string, value: string | number, why: string): Key => ({
  name,
  value: iniValue(String(value)),
  why: lineComment(why),
})
