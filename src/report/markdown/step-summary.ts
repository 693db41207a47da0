import type { Review } from '../../plan/changes/review.ts'
import { reviewBody } from './body.ts'

/** GitHub takes 1 MiB from each step; more is not shown at all. The rest is for what else the step says. */
const summaryBudget = 1_048_576 - 16_384

/** The comment with the room of a step summary: https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands */
export const stepSummary = (review: Review): string => reviewBody(review, { budget: summaryBudget }).text
