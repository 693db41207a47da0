/** What a change does to what runs, from least to most. Each class contains the trouble of those before it. */
export const impacts = [
  /** Nobody notices: no command is needed, or it touches no session and no process. */
  'none',
  /** `pgfleet apply` brings it into running sessions: convergent SQL and a reload. */
  'reload',
  /** As reload, but a session that is open keeps what it began with. */
  'new-sessions',
  'pooler-reload',
  'pooler-restart',
  /** The server is started anew: its sessions end. */
  'restart',
  /** A container is made anew: as a restart, and whatever it held outside its volumes is gone. */
  'recreate',
  /** New SQL or another major version: what the schema is afterwards does not go back by itself. */
  'migration',
  /** Something is gone afterwards that no command brings back. */
  'destroy',
] as const

export type Impact = (typeof impacts)[number]

/** What happens to sessions and processes when a change is applied: the classes up to a new container. */
export type Effect = Exclude<Impact, 'migration' | 'destroy'>

/** The graver of two. */
export const graver = <T extends Impact>(a: T, b: T): T => (impacts.indexOf(a) < impacts.indexOf(b) ? b : a)

export const gravest = (all: Iterable<Impact>): Impact => [...all].reduce(graver, 'none')
