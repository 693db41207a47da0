import type { InlineComment } from '../../io/github/review-comments.ts'
import type { Review } from '../../plan/changes/review.ts'
import type { Change } from '../../plan/changes/types.ts'
import { code, inline } from '../../report/markdown/escape.ts'
import { sha256 } from '../../sha256.ts'
import type { TreeSide } from '../compare/compile-trees.ts'

/**
 * What is said beside the lines of services.yaml and SQL: findings, then changes that lose something or need the eyes of security. Each
 * has a fingerprint that does not depend on where the line stands.
 */
export function inlineComments(review: Review, head: TreeSide | undefined): InlineComment[] {
  const findings = findingsOfHead(review).map(
    ({ code: name, severity, message, help, at }): InlineComment => ({
      path: at.file,
      line: at.start.line,
      body: `**${severity}** ${inline(message)} (${code(name)})${help ? `\n\n${inline(help)}` : ''}`,
      fingerprint: fingerprint([name, at.file, message]),
    }),
  )
  if (!('diff' in review.outcome)) return findings
  const document = head?.source?.document
  const changes = review.outcome.diff.changes.flatMap((change): InlineComment[] => {
    const said = sentence(change)
    const path = change.at.head
    if (!said || !path || !document) return []
    return [
      {
        path: review.file,
        line: document.spanOf(path, 'key').start.line,
        body: said,
        fingerprint: fingerprint([change.target, said]),
      },
    ]
  })
  return [...findings, ...changes]
}

/** Where only the base does not compile, its findings are shown too, and none of them is at a line of the head. */
export const findingsOfHead = ({ outcome, findings }: Review): Review['findings'] =>
  'failed' in outcome && outcome.failed === 'base' ? [] : findings

function sentence({ subject, destroys, security, advice, target }: Change): string | undefined {
  const parts = [
    destroys && destroys.allowed === undefined
      ? `**destroy** ${inline(subject)}: refused until \`allow:\` names ${code(destroys.rule)} of ${code(target)}`
      : undefined,
    security && `**security** ${inline(subject)}: ${inline(security)}`,
  ].filter((part) => part !== undefined)
  return parts.length === 0 ? undefined : [...parts, ...(advice ? [inline(advice)] : [])].join('\n\n')
}

const fingerprint = (parts: readonly string[]): string => sha256(JSON.stringify(parts)).slice(0, 20)
