import { dockerLines } from '../../io/docker.ts'
import { type ComposeConfig, serviceKey } from './config.ts'
import { composeArguments, composeEnvironment } from './project.ts'

export type LogOptions = {
  readonly follow: boolean
  /** Lines of each container; all when undefined. */
  readonly tail: number | undefined
  readonly signal: AbortSignal
  readonly onLine: (line: LogLine) => void
}

export type LogLine = { readonly container: string; readonly text: string }

/** The services of the compose file that a word means: a database service (its server and its pooler), or one of them by its own name. */
export function meant(word: string, { services }: ComposeConfig): string[] {
  return Object.entries(services).flatMap(([name, service]) => (name === word || serviceKey(service) === word ? [name] : []))
}

/** What containers wrote, as they wrote it, mixed. `services` are those of the compose file; none means all. Gives the exit code. */
export async function composeLogs(
  file: string,
  project: string,
  services: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
  { follow, tail, signal, onLine }: LogOptions,
): Promise<number> {
  const options = ['--no-color', ...(follow ? ['--follow'] : []), ...(tail === undefined ? [] : ['--tail', String(tail)])]
  return dockerLines(composeArguments({ file, name: project }, 'logs', ...options, ...services), {
    env: composeEnvironment(environment),
    signal,
    onLine: (line, stream) => onLine(stream === 'stderr' ? { container: '', text: line } : parseLogLine(line)),
  })
}

/** Compose prints `container  | text`, the names padded to the longest; some versions clear the line first, also where there is no terminal. */
export function parseLogLine(line: string): LogLine {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: it is what is looked for
  const found = /^(?:\x1b\[2K|\r)*(\S+) +\| ?(.*)$/s.exec(line)
  return found ? { container: found[1]!, text: found[2]! } : { container: '', text: line }
}
