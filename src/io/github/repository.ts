import { OperationError } from '../operation-error.ts'

export type Repository = { readonly owner: string; readonly name: string }

/** `owner/name` as `GITHUB_REPOSITORY` has it. Throws an OperationError when it is something else. */
export function parseRepository(text: string): Repository {
  const [, owner, name] = /^([\w-]+)\/([\w.-]+)$/.exec(text) ?? []
  if (!owner || !name)
    throw new OperationError('github-repository', `${JSON.stringify(text)} names no repository`, 'Give it as OWNER/NAME.')
  return { owner, name }
}

export const fullName = ({ owner, name }: Repository): string => `${owner}/${name}`

/** The same as the parameters that octokit's methods take. */
export const inRepository = ({ owner, name }: Repository): { owner: string; repo: string } => ({ owner, repo: name })
