import type { LintOptions, Pin } from './lint.ts'

/** Read from the repositories of these actions. No other is used. */
export const pins: readonly Pin[] = [
  { action: 'actions/checkout', commit: '3d3c42e5aac5ba805825da76410c181273ba90b1', version: 'v7.0.1' },
  { action: 'actions/setup-node', commit: '820762786026740c76f36085b0efc47a31fe5020', version: 'v7.0.0' },
  { action: 'actions/upload-artifact', commit: 'bbbca2ddaa5d8feaa63e36b76fdaad77386f024f', version: 'v7.0.0' },
  { action: 'actions/download-artifact', commit: '3e5f45b2cfb9172054b4087a40e8e0b5a5461e7c', version: 'v8.0.1' },
  { action: 'github/codeql-action/upload-sarif', commit: '8aad20d150bbac5944a9f9d289da16a4b0d87c1e', version: 'v4.36.2' },
]

export const ours: LintOptions = {
  pins,
  local: ['./.github/actions/pgfleet'],
  writers: { '.github/workflows/review.yml': ['pull-requests', 'statuses'] },
}
