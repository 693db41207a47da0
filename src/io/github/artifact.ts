// Evidence that another run left as an artifact. Of a fork, the author of the change made it: it is data, small, and of one name.
import { OperationError } from '../operation-error.ts'
import type { GitHub } from './client.ts'
import { githubFailed } from './failure.ts'
import { inRepository, type Repository } from './repository.ts'
import { onlyEntry } from './zip.ts'

const maxArchiveBytes = 1024 ** 2
const maxJsonBytes = 256 * 1024

/** One download may take this long, in milliseconds. */
const downloadTimeout = 60_000

export type EvidenceRequest = {
  readonly repo: Repository
  readonly runId: number
  readonly artifact: string
  readonly signal?: AbortSignal
}

/**
 * JSON of the `evidence.json` in an artifact of a run, not checked against its schema yet; undefined when the run has no such artifact.
 * Throws an OperationError (`artifact-refused`) when it is not exactly that one small file.
 */
export async function readEvidence(client: GitHub, { repo, runId, artifact, signal }: EvidenceRequest): Promise<unknown> {
  const failed = githubFailed(`read the artifacts of run ${runId}`, 'actions: read')
  const listed = await client
    .paginate(client.rest.actions.listWorkflowRunArtifacts, { ...inRepository(repo), run_id: runId, name: artifact, per_page: 100 })
    .catch(failed)
  // A run that was started again has one for each attempt.
  const newest = listed.filter(({ name, expired }) => name === artifact && !expired).sort((a, b) => b.id - a.id)[0]
  if (!newest) return undefined
  if (newest.size_in_bytes > maxArchiveBytes) throw tooLarge()
  const { headers } = await client.rest.actions
    .downloadArtifact({ ...inRepository(repo), artifact_id: newest.id, archive_format: 'zip', request: { redirect: 'manual' } })
    .catch(failed)
  const archive = await download(storeOf(headers.location, client.request.endpoint.DEFAULTS.baseUrl), signal)
  return parsed(await onlyEntry(archive, { name: 'evidence.json', maxBytes: maxJsonBytes }))
}

/** Where GitHub keeps the archive: an address that is signed by itself. Only a GitHub without TLS may send us to another without. */
function storeOf(location: string | undefined, apiUrl: string): URL {
  const url = location !== undefined && URL.canParse(location) && new URL(location)
  if (url && (url.protocol === 'https:' || (url.protocol === 'http:' && apiUrl.startsWith('http:')))) return url
  throw new OperationError('artifact-refused', 'github names no address to download the artifact from', 'Run it again later.')
}

/** Without the token: the address is not GitHub's API. */
async function download(url: URL, signal: AbortSignal | undefined): Promise<Buffer> {
  const limit = AbortSignal.timeout(downloadTimeout)
  const chunks: Uint8Array[] = []
  try {
    const response = await fetch(url, { redirect: 'error', signal: signal ? AbortSignal.any([signal, limit]) : limit })
    if (!response.ok || !response.body) throw new Error(`status ${response.status}`)
    let size = 0
    for await (const chunk of response.body) {
      size += chunk.length
      if (size > maxArchiveBytes) throw tooLarge()
      chunks.push(chunk)
    }
  } catch (error) {
    if (error instanceof OperationError) throw error
    signal?.throwIfAborted()
    throw new OperationError('github-unreachable', `cannot download the artifact: ${(error as Error).message}`, 'Run it again later.')
  }
  return Buffer.concat(chunks)
}

function parsed(bytes: Buffer): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch {
    throw new OperationError('artifact-refused', 'the evidence.json in the artifact is no JSON in UTF-8', 'It is not used.')
  }
}

const tooLarge = (): OperationError =>
  new OperationError('artifact-refused', `the artifact with the evidence has more than ${maxArchiveBytes} bytes`, 'It is not used.')
