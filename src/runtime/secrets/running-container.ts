// A container of the fleet while it runs: the secrets that its program reads lie in its memory, and are replaced there.
import { realpath } from 'node:fs/promises'
import { secretsMount } from '../../fleet/secret-paths.ts'
import { docker, tryDocker } from '../../io/docker.ts'
import { OperationError } from '../../io/operation-error.ts'

/**
 * Whether a container runs; one that is not there does not. Throws `container-state` when it does neither that nor nothing, and
 * `other-secrets` when it has been given another folder than this one.
 */
export async function isRunning(container: string, folder: string): Promise<boolean> {
  const { code, stdout, stderr } = await tryDocker(['container', 'inspect', container])
  if (code !== 0) {
    if (/no such container/i.test(stderr)) return false
    throw new OperationError('docker', `docker cannot tell about ${container}: ${stderr.trim()}`)
  }
  const [found] = JSON.parse(stdout) as { State: { Status: string }; Mounts: { Destination: string; Source: string }[] }[]
  const status = found!.State.Status
  if (status === 'exited' || status === 'created' || status === 'dead') return false
  if (status !== 'running')
    throw new OperationError('container-state', `${container} is ${status}: nothing was changed`, 'Start it or stop it first.')
  const source = found!.Mounts.find(({ Destination }) => Destination === secretsMount)?.Source
  if (source !== undefined && (await real(source)) !== (await real(folder)))
    throw new OperationError(
      'other-secrets',
      `${container} has its secrets from ${source} and not from ${folder}: nothing was changed`,
      'Name the folder with --secrets, or the other copy of the fleet with PGFLEET_PREFIX.',
    )
  return true
}

const real = (path: string) => realpath(path).catch(() => path)

/** A file for a container: where it goes below a folder of its own memory. */
export type PlacedFile = { readonly name: string; readonly text: string }

/**
 * Reads the files from its standard input, each as long as its size says, then puts all in place. Names and sizes are its arguments, no
 * secret is.
 */
const script = `set -eu
umask 077
cd "$1"
shift
# Names of its own: another one that was cut short may still be about to end.
own=./.$$
trap 'rm -f -- "$own".*' EXIT
number=0
for size in $1; do
  number=$((number + 1))
  head -c "$size" >"$own.$number"
  [ "$(wc -c <"$own.$number")" = "$size" ]
done
shift
number=0
for name; do
  number=$((number + 1))
  mv -f -- "$own.$number" "./$name"
done`

/** Puts files into a folder in the memory of a container, as its user. All are there in full before the first takes its place. */
export async function placeFiles(container: string, user: number, folder: string, files: readonly PlacedFile[]): Promise<void> {
  const texts = files.map(({ text }) => Buffer.from(text))
  const sizes = texts.map(({ length }) => String(length)).join(' ')
  const names = files.map(({ name }) => name)
  await docker(['exec', '--interactive', '--user', String(user), container, 'sh', '-c', script, 'place', folder, sizes, ...names], {
    input: Buffer.concat(texts),
  })
}
