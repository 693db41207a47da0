import type { GitHub } from './client.ts'
import { githubFailed } from './failure.ts'

/** Login that the token acts as, as REST writes it: `github-actions[bot]`. GET /user is closed to tokens of workflows and apps. */
export const viewerLogin = async (client: GitHub): Promise<string> => {
  const { viewer } = await client
    .graphql<{ viewer: { login: string } }>('query { viewer { login } }')
    .catch(githubFailed('find out whose the token is (give --bot-login to go without)', 'metadata: read'))
  return viewer.login
}

/**
 * Is this author, as REST gives it, the one of that login? To the letter: anybody may register `fleet-review` as a user name, and only
 * the app of that name is `fleet-review[bot]`. (GraphQL leaves the suffix out where it names authors, but not where it names the viewer.)
 */
export const isAuthor = (user: { readonly login: string } | null | undefined, login: string): boolean => user?.login === login
