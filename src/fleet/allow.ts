import type { Config } from '../../schema/services.ts'
import type { Path } from '../diagnostic.ts'

type Entry = NonNullable<Config['allow']>[number]

/** An entry of `allow:`: a loss that is meant. `expires` is a day, `2027-01-31`, the last on which it holds. */
export type Allow = Entry & { readonly expired: boolean; readonly origin: Path }

/** The entries; `today` is a day as in `expires`. Without it none counts as expired: the fleet is only looked at. */
export const allowsOf = ({ allow = [] }: Config, today = ''): Allow[] =>
  allow.map((entry, index) => ({ ...entry, expired: entry.expires < today, origin: ['allow', index] }))
