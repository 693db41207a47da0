// Commands in the scripts of workflows, checked against what pgfleet and package.json really have.
import { existsSync, readFileSync } from 'node:fs'
import type { Command } from 'commander'
import { createProgram } from '../../src/cli/program.ts'

type Called = { readonly program: 'pgfleet' | 'npm' | 'file'; readonly words: readonly string[] }

/** Simple commands of a shell script that call pgfleet, npm or a file of the repository. */
export function commandsOf(script: string): Called[] {
  const code = script.replaceAll(/\\\n/g, ' ').replaceAll(/^\s*#.*$/gm, '')
  return code.split(/\n|;|&&|\|\||\|/).flatMap((command): Called[] => {
    const [, name, rest = ''] = /(?:^|[\s(])(node dist\/pgfleet\.js|pgfleet|npm|\.\/\S+)(?=\s|$)(.*)/.exec(command) ?? []
    if (name === undefined) return []
    const words = rest.match(/"[^"]*"|'[^']*'|[^\s"']+/g) ?? []
    if (name.startsWith('./')) return [{ program: 'file', words: [name] }]
    return [{ program: name === 'npm' ? 'npm' : 'pgfleet', words: words.map((word) => word.replaceAll(/^["']|["']$/g, '')) }]
  })
}

/** Options that a script adds to its list of arguments: `more+=(--mode "$MODE")`. */
export const addedOptions = (script: string): string[] => [...script.matchAll(/more\+=\("?(--[a-z-]+)/g)].map(([, option]) => option!)

const { scripts } = JSON.parse(readFileSync('package.json', 'utf8')) as { scripts: Record<string, string> }

/** What is wrong with a command; nothing where it would be understood. */
export function problemWith({ program, words }: Called): string | undefined {
  if (program === 'file') return existsSync(words[0]!) ? undefined : `no file ${words[0]}`
  if (program === 'pgfleet') return problemWithPgfleet(words)
  const [verb, ...rest] = words
  if (verb === 'ci') return undefined
  const script = rest.find((word) => !word.startsWith('-'))
  return verb === 'run' && script !== undefined && script in scripts ? undefined : `npm ${verb} ${script ?? ''} is not known`
}

function problemWithPgfleet(words: readonly string[]): string | undefined {
  const found = commandNamed(words)
  if (!found) return `pgfleet ${words[0]} is not known`
  const { command, rest } = found
  command.exitOverride().configureOutput({ writeErr: () => {}, writeOut: () => {} })
  try {
    const { operands, unknown } = command.parseOptions(
      rest.filter((word) => !word.includes('[@]')).map((word, at) => literal(command, rest, word, at)),
    )
    if (unknown.length > 0) return `${unknown[0]} is not an option of ${command.name()}`
    const { registeredArguments: taken } = command
    const least = taken.filter(({ required }) => required).length
    const most = taken.at(-1)?.variadic ? Number.POSITIVE_INFINITY : taken.length
    return operands.length < least || operands.length > most ? `${command.name()} takes other arguments` : undefined
  } catch (error) {
    return (error as Error).message
  }
}

/** Something that the option or argument would take, in place of a variable. */
function literal(command: Command, words: readonly string[], word: string, at: number): string {
  if (!word.includes('$')) return word
  const option = command.options.find(({ long }) => long === words[at - 1])
  return option?.argChoices?.[0] ?? '1'
}

/** Follows the names of commands: `secrets`, `init`. A program of its own for each call: parsing leaves traces in it. */
function commandNamed(words: readonly string[]): { command: Command; rest: string[] } | undefined {
  let command = createProgram(() => {})
  let depth = 0
  for (; command.commands.length > 0; depth++) {
    const next = command.commands.find((each) => each.name() === words[depth])
    if (!next) return undefined
    command = next
  }
  return { command, rest: words.slice(depth) }
}

/** Whether pgfleet has a command of this name. */
export const isKnown = (name: string): boolean => commandNamed([name]) !== undefined

/** Whether one of these commands has the option. */
export const someKnows = (names: readonly string[], option: string): boolean =>
  names.some((name) => commandNamed([name])?.command.options.some(({ long }) => long === option))
