// What the fake knows; tests read and change it as they like.

export type User = { readonly login: string; readonly type: 'User' | 'Bot' }

export type Token = { readonly user: User; readonly write: boolean }

export type Comment = { id: number; nodeId: string; user: User; body: string; minimized: boolean }

export type ReviewComment = {
  id: number
  user: User
  body: string
  path: string
  /** Null once its line is not in the diff any more. */
  line: number | null
  inReplyTo?: number
}

export type Pull = {
  number: number
  state: 'open' | 'closed'
  head: { repo: string | null; ref: string; sha: string }
  base: { repo: string; ref: string; sha: string }
  files: { filename: string; status: 'added' | 'modified'; patch: string }[]
  labels: Set<string>
  comments: Comment[]
  reviewComments: ReviewComment[]
  /** Reviews that were made: how often people were notified. */
  reviews: number
}

export type Status = { id: number; sha: string; state: string; context: string; description: string; target_url: string | null }

export type Artifact = { id: number; runId: number; name: string; expired: boolean; size: number; zip: Buffer }

export type TreeEntry = { path: string; mode: string; type: 'blob' | 'tree' | 'commit'; sha: string; size?: number }

export type State = {
  pulls: Map<number, Pull>
  labels: Map<string, { color: string; description: string }>
  statuses: Status[]
  artifacts: Artifact[]
  commits: Map<string, { tree: string; parent: string | undefined }>
  trees: Map<string, TreeEntry[]>
  blobs: Map<string, Buffer>
  /** A recursive listing of more entries is cut, and says so. */
  treeLimit: number
  nextId: number
}

export const emptyState = (): State => ({
  pulls: new Map(),
  labels: new Map(),
  statuses: [],
  artifacts: [],
  commits: new Map(),
  trees: new Map(),
  blobs: new Map(),
  treeLimit: 100_000,
  nextId: 1000,
})

export const people = {
  actions: { login: 'github-actions[bot]', type: 'Bot' },
  app: { login: 'fleet-review[bot]', type: 'Bot' },
  otherApp: { login: 'dependabot[bot]', type: 'Bot' },
  alice: { login: 'alice', type: 'User' },
  /** Anybody may have the name of an app without its suffix. */
  impostor: { login: 'github-actions', type: 'User' },
} as const satisfies Record<string, User>

export function addPull(state: State, number: number, more: Partial<Pull> = {}): Pull {
  const pull: Pull = {
    number,
    state: 'open',
    head: { repo: 'acme/fleet', ref: 'change', sha: 'b'.repeat(40) },
    base: { repo: 'acme/fleet', ref: 'main', sha: 'a'.repeat(40) },
    files: [],
    labels: new Set(),
    comments: [],
    reviewComments: [],
    reviews: 0,
    ...more,
  }
  state.pulls.set(number, pull)
  return pull
}

export function addComment(state: State, pull: Pull, user: User, body: string): Comment {
  const id = state.nextId++
  const comment = { id, nodeId: `IC_${id}`, user, body, minimized: false }
  pull.comments.push(comment)
  return comment
}
