import { impacts } from '../../plan/changes/impact.ts'

/** A label of a pull request; colours are those of its gravity. */
type ResultLabel = { readonly name: string; readonly color: string; readonly description: string }

const colors: Record<(typeof impacts)[number], string> = {
  none: 'c2e0c6',
  reload: 'c2e0c6',
  'new-sessions': 'c2e0c6',
  'pooler-reload': 'c2e0c6',
  'pooler-restart': 'fbca04',
  restart: 'fbca04',
  recreate: 'e99695',
  migration: 'd4c5f9',
  destroy: 'b60205',
}

export const noChange = 'pgfleet:no-change'

/** All labels that a review may give. */
export const resultLabels: readonly ResultLabel[] = [
  ...impacts.map((impact) => ({
    name: `pgfleet:${impact}`,
    color: colors[impact],
    description: `The gravest class of the changes: ${impact.replace('-', ' ')}`,
  })),
  { name: 'pgfleet:security', color: 'b60205', description: 'A change of privileges, TLS, authentication, networks or secrets' },
  { name: 'pgfleet:invalid', color: 'b60205', description: 'services.yaml does not compile' },
  { name: noChange, color: 'ededed', description: 'Nothing changes in meaning' },
]
