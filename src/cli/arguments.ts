// What several commands take, and how commander reads it.
import { InvalidArgumentError } from 'commander'
import type { Context } from './context.ts'
import type { ExitCode } from './exit-codes.ts'

/** A command's body: loaded when it is called, so that no command pays for the others. */
export type Run<Options> = (options: Options, context: Context) => Promise<ExitCode>

/** Makes the action of a command from its module and the names of its arguments. */
export type LoadCommand = <Options>(
  load: () => Promise<{ run: Run<Options> }>,
  names?: readonly string[],
) => (...args: unknown[]) => Promise<void>

export function wholeNumber(text: string): number {
  if (!/^-?[0-9]+$/.test(text)) throw new InvalidArgumentError('It must be a whole number.')
  return Number(text)
}

export function runCount(text: string): number {
  if (!/^[0-9]{1,4}$/.test(text) || Number(text) === 0) throw new InvalidArgumentError('It must be a whole number from 1 to 9999.')
  return Number(text)
}

/** A day of the calendar: its first moment in UTC. */
export function day(text: string): Date {
  const date = new Date(`${text}T00:00:00Z`)
  // 2026-02-30 would be in March.
  if (!/^[0-9]{4}-[0-9]{2}-[0-9]{2}$/.test(text) || Number.isNaN(date.getTime()) || !date.toISOString().startsWith(text))
    throw new InvalidArgumentError('It must be a day, e.g. 2026-01-31.')
  return date
}

export function pullRequestNumber(text: string): number {
  if (!/^[1-9][0-9]{0,9}$/.test(text)) throw new InvalidArgumentError('It must be the number of a pull request.')
  return Number(text)
}

/** A comment that is shorter than this says nothing; GitHub has not been seen to take a longer one than 262,144 bytes. */
export function commentBudget(text: string): number {
  const bytes = /^[0-9]{1,7}$/.test(text) ? Number(text) : Number.NaN
  if (!(bytes >= 4000 && bytes <= 262_144)) throw new InvalidArgumentError('It must be a number of bytes from 4000 to 262144.')
  return bytes
}

/** An empty name would be the current folder: most often a variable of a script that is not set. */
export function path(text: string): string {
  if (text === '') throw new InvalidArgumentError('It must not be empty.')
  return text
}

/** Lines of a file, 1-based; `to` is the last of them. */
export type Place = { readonly path: string; readonly from: number; readonly to: number }

/** `FILE:12` or `FILE:12-15`. */
export function place(text: string): Place {
  const [, name, first, last = first] = /^(.+?):([0-9]{1,9})(?:-([0-9]{1,9}))?$/.exec(text) ?? []
  if (name === undefined)
    throw new InvalidArgumentError('Name a line of a generated file, e.g. out/docker-compose.separated-databases.yml:12.')
  const [from, to] = [Number(first), Number(last)]
  if (from < 1 || to < from) throw new InvalidArgumentError('Lines count from 1, and the first comes before the last.')
  return { path: name, from, to }
}

/** The argument that names the fleet. */
export const file = ['[file]', 'the fleet', path, 'services.yaml'] as const
