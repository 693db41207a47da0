import { existsSync, statSync } from 'node:fs'
import { relative, resolve } from 'node:path'
import { findRevision, mainBranch, mergeBase, pathInside, type Repository, type Revision, repositoryOf } from '../../io/git.ts'
import { OperationError } from '../../io/operation-error.ts'
import type { Context } from '../context.ts'
import { type Tree, treeOfFile, treeOfRevision } from './tree.ts'

/** What is compared; `plain`: two files without a history, so their SQL may be missing. `file`: services.yaml in its repository. */
export type Chosen = { readonly trees: [base: Tree, head: Tree]; readonly plain: boolean; readonly file: string; readonly date?: Date }

/** The command line names something that is not there. */
export class UsageError extends OperationError {}

/**
 * The two states that the arguments name. Without a head: the working tree. Without a base: where the current branch left the main one.
 * `file` is services.yaml as the user names it.
 */
export async function chooseSides(
  base: string | undefined,
  head: string | undefined,
  file: string,
  { cwd, env }: Pick<Context, 'cwd' | 'env'>,
): Promise<Chosen> {
  const path = resolve(cwd, file)
  const working = () => treeOfFile(path, 'working tree', file)
  if (isFile(base, cwd)) {
    if (head !== undefined && !isFile(head, cwd))
      throw new UsageError('usage', `${head} is not a file, and ${base} is one`, 'Name two files, or two revisions.')
    const other = head === undefined ? working() : fileTree(head, cwd)
    return { trees: [fileTree(base!, cwd), other], plain: true, file: other.file }
  }
  const repository = await repositoryOf(path, env)
  if (!repository)
    throw new UsageError(
      'no-repository',
      `${relative(cwd, resolve(path, '..')) || 'this folder'} is in no git repository`,
      'Name two files: pgfleet diff OLD.yaml NEW.yaml.',
    )
  const from = base === undefined ? await branchPoint(repository, head ?? 'HEAD') : await named(repository, base)
  const old = treeOfRevision(repository, from, path)
  const inside = pathInside(repository, path)
  if (head === undefined) return { trees: [old, working()], plain: false, file: inside }
  if (isFile(head, cwd)) return { trees: [old, fileTree(head, cwd)], plain: true, file: inside }
  const to = await named(repository, head)
  return { trees: [old, treeOfRevision(repository, to, path)], plain: false, file: inside, date: to.date }
}

const isFile = (name: string | undefined, cwd: string): boolean => {
  if (name === undefined) return false
  const path = resolve(cwd, name)
  // What a shell makes of <(git show ...) is no plain file, and can be read as one.
  return existsSync(path) && !statSync(path).isDirectory()
}

const fileTree = (name: string, cwd: string): Tree => treeOfFile(resolve(cwd, name), name)

async function named(repository: Repository, name: string): Promise<Revision> {
  const revision = await findRevision(repository, name)
  if (revision) return revision
  throw new UsageError(
    'revision-unknown',
    `${name} is neither a file nor a revision of this repository`,
    'Name a branch, a tag, a commit, or a file. In a shallow clone fetch more: git fetch --unshallow.',
  )
}

async function branchPoint(repository: Repository, head: string): Promise<Revision> {
  const branch = await mainBranch(repository)
  if (branch === undefined)
    throw new UsageError(
      'no-main-branch',
      'there is neither a branch main nor master, nor an origin that says which it is',
      'Name the base: pgfleet diff BASE.',
    )
  const { commit: commitOfHead } = await named(repository, head)
  const commit = await mergeBase(repository, branch, commitOfHead)
  if (commit === undefined)
    throw new UsageError(
      'no-merge-base',
      `${head} and ${branch} have no common ancestor here`,
      'Name the base: pgfleet diff BASE. In a shallow clone fetch more: git fetch --unshallow.',
    )
  const revision = await findRevision(repository, commit)
  return { ...revision!, label: `${branch} (${commit.slice(0, 8)})` }
}
