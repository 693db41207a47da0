// Readers of what runs beside the servers: containers, their scripts, cron, variables. Each throws on what its program would refuse.
import { execFileSync } from 'node:child_process'
import { parse as parseYaml } from 'yaml'

/** Compose merges `<<`, and knows the words and numbers of YAML 1.1. */
export const readCompose = (text: string): unknown => parseYaml(text, { merge: true, version: '1.1', strict: true })

/** Instructions with their arguments: https://docs.docker.com/reference/dockerfile/#format */
export function readDockerfile(text: string): { instruction: string; rest: string }[] {
  const joined = text.replace(/^#.*\n/gm, '').replace(/\\\n\s*/g, '')
  const instructions = joined.split('\n').filter((line) => line !== '')
  return instructions.map((line) => {
    const [, instruction = '', rest = ''] = /^(ARG|FROM|RUN|USER|COPY|ENV|STOPSIGNAL|EXPOSE|ENTRYPOINT|CMD) (.+)$/.exec(line) ?? []
    if (rest === '' || (/^(ENTRYPOINT|CMD)$/.test(instruction) && !Array.isArray(JSON.parse(rest))))
      throw new Error(`syntax error: ${line}`)
    return { instruction, rest }
  })
}

/** The first line, when bash takes the rest. */
export function readShell(text: string): string {
  execFileSync('bash', ['-n'], { input: text, stdio: ['pipe', 'ignore', 'pipe'] })
  const [first = ''] = text.split('\n')
  if (!first.startsWith('#!')) throw new Error(`no program named: ${first}`)
  return first
}

export type CronLine = { readonly comment: string; readonly fields: string; readonly user: string; readonly command: string }

/** Variables and lines in the form of /etc/cron.d: man 5 crontab. The comment is the line above. */
export function readCrontab(text: string): { variables: Record<string, string>; lines: CronLine[] } {
  if (!text.endsWith('\n')) throw new Error('the last line has no end: cron ignores it')
  const variables: Record<string, string> = {}
  const lines: CronLine[] = []
  let comment = ''
  for (const line of text.split('\n')) {
    const [, name, value = ''] = /^([A-Z_]+)\s*=\s*(.*)$/.exec(line) ?? []
    const [, fields, user = '', command = ''] = /^((?:[^\s#=]+\s+){4}[^\s#=]+)\s+(\S+)\s+(\S.*)$/.exec(line) ?? []
    if (name !== undefined) variables[name] = value
    else if (fields !== undefined) {
      if (/(?<!\\)%/.test(command)) throw new Error(`a bare % ends the command: ${line}`)
      lines.push({ comment, fields, user, command: command.replaceAll('\\%', '%') })
    } else if (!/^(#.*)?$/.test(line)) throw new Error(`syntax error: ${line}`)
    comment = line
  }
  return { variables, lines }
}

/** Words of a command as a POSIX shell splits it: single quotes and backslashes are all the quoting that is used. */
export const shellWords = (command: string): string[] =>
  [...command.matchAll(/(?:'[^']*'|\\.|[^\s'\\])+/g)].map(([word]) =>
    word.replace(/'([^']*)'|\\(.)/g, (_, quoted, escaped) => quoted ?? escaped),
  )

/** Variables of an env_file. Compose would replace a `$`, take quotes off, and end a value at ` #`: there must be none of these. */
export function readEnv(text: string): Record<string, string> {
  const variables: Record<string, string> = {}
  for (const line of text.split('\n').filter((line) => line !== '' && !line.startsWith('#'))) {
    const [, name, value] = /^([A-Z][A-Z0-9_]*)=([^\s$'"#\\]*)$/.exec(line) ?? []
    if (name === undefined || value === undefined || Object.hasOwn(variables, name)) throw new Error(`syntax error: ${line}`)
    variables[name] = value
  }
  return variables
}
