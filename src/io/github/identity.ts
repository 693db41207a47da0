import type { GitHub } from './client.ts'
import { githubFailed } from './failure.ts'

/** Login that the token acts as, as REST writes it: `github-actions[bot]`. GET /user is closed to tokens of workflows and apps. */
export const viewerLogin = async (client: GitHub): Promise<string> => {
  const { viewer } = await client
    .graphql<{ viewer: { login: string } }>('query { viewer { login } }')
    .catch(githubFailed('find out whose the token is (give --bot-login to go without)', 'metadata: read'))
  return viewer.login
}

/** Is this author, as REST gives it, the one of that login? A login that was given by hand may lack the `[bot]` of an app. */
export const isAuthor = (user: { login: string; type: string } | null | undefined, login: string): boolean =>
  user != null && (user.login === login || (user.type === 'Bot' && user.login === `${login}[bot]`))
