// A psql in a container, spoken to over its standard input: for servers and consoles that take nobody but their own user on a socket.
import type { ChildProcess } from 'node:child_process'
import { cannotStart, dockerFailure, startDocker } from './docker.ts'
import { OperationError } from './operation-error.ts'

/** Where a psql runs, and what it connects to. */
export type PsqlPlace = {
  readonly container: string
  /** Number of the user in the container. */
  readonly user: number
  /** Options of psql: which server, database and role. */
  readonly options: readonly string[]
}

/** Rows of one statement, each with its values as text or null by column, and how many it gave, or wrote where it gave none. */
export type PsqlAnswer = { readonly rows: readonly Record<string, string | null>[]; readonly rowCount: number }

/** A psql that waits for statements. Statements that are given together run one after the other. */
export type PsqlSession = {
  /** Runs one statement. Throws `sql` when the server refuses it. */
  readonly query: (statement: string) => Promise<PsqlAnswer>
  /** Hangs up. A session that is not ended keeps the process alive. */
  readonly end: () => Promise<void>
}

// Characters that separate what psql prints; no value that it is asked for has them.
const field = '\x1f'
const record = '\x1e'
const isNull = '\x1d'
const finished = '\x1c'

const format = [
  '--no-psqlrc',
  '--quiet',
  '--no-align',
  '--pset=footer=off',
  `--pset=null=${isNull}`,
  `--field-separator=${field}`,
  `--record-separator=${record}`,
]

/** Starts with the first statement. */
export function psqlSession({ container, user, options }: PsqlPlace): PsqlSession {
  const args = ['exec', '--interactive', '--user', String(user), container, 'psql', ...format, ...options]
  let process: ChildProcess | undefined
  let output = ''
  let complaint = ''
  let waiting: { readonly resolve: (answer: string) => void; readonly reject: (error: unknown) => void } | undefined
  let failure: unknown
  let queue: Promise<unknown> = Promise.resolve()
  let closed: Promise<void> = Promise.resolve()

  const fail = (error: unknown) => {
    failure = error
    waiting?.reject(error)
    waiting = undefined
  }

  const start = (): ChildProcess => {
    const child = startDocker(args)
    child.stdin!.on('error', () => {})
    child.stdout!.setEncoding('utf8').on('data', (text: string) => {
      output += text
      if (!output.endsWith(`${finished}\n`)) return
      waiting?.resolve(output.slice(0, -2))
      waiting = undefined
      output = ''
    })
    child.stderr!.setEncoding('utf8').on('data', (text: string) => (complaint = `${complaint}${text}`.slice(-4096)))
    closed = new Promise((resolve) => {
      child.on('error', (error: NodeJS.ErrnoException) => {
        fail(cannotStart(error))
        resolve()
      })
      child.on('close', () => {
        if (!failure) fail(unreachable(container, args, complaint))
        resolve()
      })
    })
    return child
  }

  const send = (statement: string): Promise<string> => {
    if (failure) return Promise.reject(failure)
    process ??= start()
    return new Promise((resolve, reject) => {
      waiting = { resolve, reject }
      // What psql itself knows of the statement follows its rows: whether it failed, how, and why.
      process!.stdin!.write(
        `${statement.replace(/[;\s]+$/, '')}\n;\n\\echo ${finished}:ERROR${field}:SQLSTATE${field}:ROW_COUNT\n\\echo :LAST_ERROR_MESSAGE\n\\echo ${finished}\n`,
      )
    })
  }

  return {
    query(statement) {
      const answer = queue.then(() => send(statement)).then((text) => parseAnswer(text))
      queue = answer.catch(() => {})
      return answer
    },
    async end() {
      process?.stdin?.end()
      await closed
    },
  }
}

/** What psql printed for one statement: a heading and its rows, unless it has none, then how it ended. */
export function parseAnswer(text: string): PsqlAnswer {
  const at = text.lastIndexOf(finished)
  const [flags = '', ...message] = text.slice(at + 1).split('\n')
  const [failed, code = '', count = ''] = flags.split(field)
  if (failed !== 'false') throw new OperationError('sql', `${message.join('\n').trim()} (${code})`)
  const printed = text.slice(0, at)
  const rowCount = Number(count)
  if (printed === '') return { rows: [], rowCount }
  // A record separator ends each record but the last, which ends with a line feed.
  const [heading = '', ...rows] = printed.replace(/\n$/, '').split(record)
  const names = heading.split(field)
  const records = rows.map((row) => {
    const values = row.split(field)
    return Object.fromEntries(names.map((name, index) => [name, values[index] === isNull ? null : (values[index] ?? null)]))
  })
  return { rows: records, rowCount }
}

function unreachable(container: string, args: readonly string[], complaint: string): OperationError {
  const { code, message, hint } = dockerFailure(args, complaint)
  if (code !== 'docker') return new OperationError(code, message, hint)
  const reason = complaint.trim().split('\n').at(-1) ?? ''
  return new OperationError(
    'container-unreachable',
    `nothing can be asked in the container ${container}: ${reason || 'psql ended'}`,
    '`pgfleet status --runtime compose` shows what runs, `pgfleet up --runtime compose` starts it.',
  )
}
