import type { GitHub } from './client.ts'
import type { Written } from './comment-text.ts'
import { maybeDone } from './failure.ts'
import { isSameRun } from './marker.ts'
import { ownComments, type Place } from './own-comments.ts'
import { inRepository } from './repository.ts'

export type Posted = { readonly id: number; readonly url: string }

const attempts = 3

/**
 * Creates a comment once. A POST whose answer is lost may have been carried out: what is there is looked at before it is tried again.
 * https://github.com/octokit/plugin-retry.js would repeat it blindly.
 */
export async function postOnce(client: GitHub, place: Place, { text, marker }: Written, login: string): Promise<Posted> {
  for (let attempt = 1; ; attempt++) {
    try {
      const { data } = await client.rest.issues.createComment({
        ...inRepository(place.repo),
        issue_number: place.number,
        body: text,
        request: { retries: 0 },
      })
      return { id: data.id, url: data.html_url }
    } catch (error) {
      if (!maybeDone(error) || attempt === attempts) throw error
      await client.wait(attempt)
      const there = (await ownComments(client, place, login)).find(
        (other) => isSameRun(other.marker.run, marker.run) && other.marker.hash === marker.hash,
      )
      if (there) return there
    }
  }
}
