/** A service's way through its seed files. `rows` are those that it has written so far, `seconds` since its transaction began. */
export type SeedProgress = { readonly service: string; readonly rows: number; readonly seconds: number } & (
  | { readonly step: 'waiting' }
  /** A statement begins, number `at` of `of`. `table`: the one that it fills. */
  | { readonly step: 'statement'; readonly at: number; readonly of: number; readonly table?: string }
  /** It is done. */
  | { readonly step: 'filled'; readonly table: string; readonly tableRows: number; readonly tableSeconds: number }
  /** What is checked at the end of a transaction only. */
  | { readonly step: 'constraints' }
  /** All is committed; statistics are made. */
  | { readonly step: 'analyzing' }
  | { readonly step: 'seeded' }
  | { readonly step: 'failed'; readonly reason: string }
)

export type OnSeedProgress = (event: SeedProgress) => void
