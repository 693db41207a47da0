import { spawn, spawnSync } from 'node:child_process'

export type Ran = { readonly code: number | null; readonly out: string; readonly err: string }
type RunOptions = { readonly input?: string | undefined; readonly env?: Readonly<Record<string, string>> | undefined }

/** Whether a Docker engine answers here. */
export const engineAnswers = (): boolean => {
  const { status, stdout } = spawnSync('docker', ['info', '--format', '{{.ServerVersion}}'], { encoding: 'utf8' })
  return status === 0 && stdout.trim() !== ''
}

/** Runs `docker` with these arguments, whatever comes of it. */
export function tryDocker(args: readonly string[], { input = '', env = {} }: RunOptions = {}): Promise<Ran> {
  return new Promise((done, fail) => {
    const child = spawn('docker', args, { env: { ...process.env, ...env }, stdio: ['pipe', 'pipe', 'pipe'] })
    const text = { out: '', err: '' }
    child.stdout.setEncoding('utf8').on('data', (chunk) => (text.out += chunk))
    child.stderr.setEncoding('utf8').on('data', (chunk) => (text.err += chunk))
    child.on('error', fail)
    child.on('close', (code) => done({ code, ...text }))
    // A program that ends without reading its input is no error of ours.
    child.stdin.on('error', () => {}).end(input)
  })
}

/** Standard output of `docker` with these arguments; what fails throws with what it said. */
export async function docker(args: readonly string[], options?: RunOptions): Promise<string> {
  const { code, out, err } = await tryDocker(args, options)
  if (code !== 0) throw new Error(`docker ${args.join(' ')} ended with ${code}: ${err.trim() || out.trim()}`)
  return out
}

/** Its lines, without empty ones. */
export const dockerLines = async (args: readonly string[]): Promise<string[]> =>
  (await docker(args)).split('\n').filter((line) => line !== '')
