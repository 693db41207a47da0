// Where secrets of a fleet in Docker might have leaked to, to be searched.
import { spawn } from 'node:child_process'
import { createReadStream, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { docker, dockerLines } from './docker.ts'
import type { Haystack } from './secret-search.ts'

/** A text that is there already, such as the output of a command. */
export const textOf = (place: string, text: string): Haystack => ({ place, read: () => [text] })

/** Names and contents of all files below a folder. */
export function filesBelow(folder: string): Haystack[] {
  const paths = readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort()
  return [
    textOf(`names in ${folder}`, paths.join('\n')),
    ...paths
      .filter((path) => statSync(join(folder, path)).isFile())
      .map((path) => ({ place: path, read: () => [readFileSync(join(folder, path))] })),
  ]
}

/** A file that may be large. */
export const fileOf = (path: string): Haystack => ({ place: path, read: () => createReadStream(path) })

/** All layers and the configuration of images, each layer once. */
export const contentsOf = (images: readonly string[]): Haystack => ({
  place: 'images',
  read: () => printed(['save', ...images]),
})

/** Everything that the engine says of containers, and of their images, networks and volumes. */
export async function inspectionsOf(containers: readonly string[]): Promise<Haystack[]> {
  const of = (format: string) => dockerLines(['inspect', '--format', format, ...containers])
  const kinds = {
    container: containers,
    image: await imagesOf(containers),
    network: await of('{{range .NetworkSettings.Networks}}{{println .NetworkID}}{{end}}'),
    volume: await of('{{range .Mounts}}{{if .Name}}{{println .Name}}{{end}}{{end}}'),
  }
  return Object.entries(kinds).flatMap(([kind, names]) => {
    const found = [...new Set(names)].filter((name) => name !== '')
    return found.length === 0 ? [] : [{ place: `docker ${kind} inspect`, read: () => printed([kind, 'inspect', ...found]) }]
  })
}

export const imagesOf = async (containers: readonly string[]): Promise<string[]> => [
  ...new Set(await dockerLines(['inspect', '--format', '{{.Image}}', ...containers])),
]

/** What containers have written: servers and poolers log there as well. */
export const logsOf = (containers: readonly string[]): Haystack[] =>
  containers.map((name) => ({ place: `log of ${name}`, read: () => printed(['logs', name]) }))

/** Programs that run in containers, with their arguments. */
export const processesOf = (containers: readonly string[]): Haystack[] =>
  containers.map((name) => ({
    place: `processes of ${name}`,
    async *read() {
      yield await docker(['top', name, '-e', '-o', 'pid,args'])
    },
  }))

/** Both outputs of a docker command, as they come. Fails when it does. */
async function* printed(args: readonly string[]): AsyncIterable<Buffer> {
  const child = spawn('docker', args, { stdio: ['ignore', 'pipe', 'pipe'] })
  const ended = new Promise<number | null>((done, fail) => child.on('error', fail).on('close', done))
  const errors: Buffer[] = []
  child.stderr.on('data', (part: Buffer) => errors.push(part))
  yield* child.stdout
  const code = await ended
  yield* errors
  if (code !== 0) throw new Error(`docker ${args.join(' ')} ended with ${code}`)
}
