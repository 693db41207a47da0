import { created, invalid, notFound, ok, paged, type Route } from './call.ts'
import { mergeBaseOf, treeOf } from './git.ts'
import { shaped } from './skeleton.ts'

export const repositoryRoutes: Readonly<Record<string, Route>> = {
  'git/get-tree': ({ state, params, query }) => {
    const tree = treeOf(state, params['tree_sha']!, query.has('recursive'))
    if (!tree) return notFound
    return ok(shaped('git-tree', { sha: params['tree_sha']!, truncated: tree.truncated, tree: tree.entries }))
  },
  'git/get-blob': ({ state, params }) => {
    const sha = params['file_sha']!
    const bytes = state.blobs.get(sha)
    if (!bytes) return notFound
    // GitHub breaks the lines of base64.
    const content = bytes.toString('base64').replaceAll(/.{60}/g, '$&\n')
    return ok(shaped('blob', { sha, size: bytes.length, encoding: 'base64', content }))
  },
  'repos/compare-commits-with-basehead': ({ state, params }) => {
    const [base, head] = params['basehead']!.split('...')
    const sha = mergeBaseOf(state, base!, head!)
    return sha ? ok(shaped('commit-comparison', { merge_base_commit: { sha } })) : notFound
  },
  'repos/get-combined-status-for-ref': (call) => {
    const newest = new Map(call.state.statuses.filter(({ sha }) => sha === call.params['ref']).map((status) => [status.context, status]))
    const statuses = [...newest.values()].map((status) => shaped('simple-commit-status', status))
    return paged(call, statuses, (page) =>
      shaped('combined-commit-status', { sha: call.params['ref'], total_count: statuses.length, statuses: page }),
    )
  },
  'repos/create-commit-status': ({ state, params, body }) => {
    const { context = 'default', description = '', target_url = null } = body
    if (description.length > 140) return invalid('Status', 'description', 'custom', 'description is too long (maximum is 140 characters)')
    const status = { id: state.nextId++, sha: params['sha']!, state: body.state, context, description, target_url }
    state.statuses.push(status)
    return created(shaped('status', status))
  },
  'actions/list-workflow-run-artifacts': (call) => {
    const name = call.query.get('name')
    const artifacts = call.state.artifacts
      .filter((artifact) => artifact.runId === Number(call.params['run_id']) && (!name || artifact.name === name))
      .map(({ id, name, expired, size }) => shaped('artifact', { id, name, expired, size_in_bytes: size }))
    return paged(call, artifacts, (page) => ({ total_count: artifacts.length, artifacts: page }))
  },
  'actions/download-artifact': ({ state, params, base }) => {
    const artifact = state.artifacts.find(({ id }) => id === Number(params['artifact_id']))
    if (!artifact) return notFound
    return artifact.expired
      ? { status: 410, body: { message: 'Artifact has expired', documentation_url: 'x', status: '410' } }
      : { status: 302, headers: { location: `${new URL(base).origin}/store/${artifact.id}?sig=signed` } }
  },
}
