import { readFile } from 'node:fs/promises'

/** The end of a log. That of a server that did not start is short, and says at its end why. */
export async function logTail(log: string): Promise<string> {
  return (await readFile(log, 'utf8')).trimEnd().split('\n').slice(-8).join('\n')
}
