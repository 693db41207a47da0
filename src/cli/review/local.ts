import type { Review } from '../../plan/changes/review.ts'
import type { ReviewOptions } from '../commands/review.ts'
import { chooseSides } from '../compare/choose-sides.ts'
import type { Context } from '../context.ts'
import { bootEvidence } from './evidence.ts'
import { makeReview } from './make-review.ts'

/** The review of two states of this machine: what the comment would say. */
export async function localReview(options: ReviewOptions, evidence: unknown, context: Context): Promise<Review> {
  const now = context.now()
  const { trees, file, date } = await chooseSides(options.base, options.head, options.file, context)
  const { review } = await makeReview({
    trees,
    file,
    options: { cacheDir: context.cacheDir, today: now.toISOString().slice(0, 10) },
    from: date ?? now,
    evidence: (services) => bootEvidence({ json: evidence, missing: 'this is a dry run without --evidence', trusted: true }, services),
    elsewhere: 'pgfleet diff --artifacts',
  })
  return review
}
