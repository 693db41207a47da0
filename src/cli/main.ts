import { CommanderError } from 'commander'
import { exitCode } from './exit-codes.ts'
import { optionsTakenByNpm } from './npm-options.ts'
import { createProgram } from './program.ts'

// A closed pipe (pgfleet ... | head) is the reader's decision: the rest is not said, the exit code stays what it is. Whatever else keeps
// the output from being written (a full disk) is a failure.
let lost: NodeJS.ErrnoException | undefined
for (const stream of [process.stdout, process.stderr])
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') lost ??= error
  })
process.on('exit', () => {
  if (!lost) return
  process.stderr.write(`error: cannot write to the standard output: ${lost.message} [output-lost]\n`)
  process.exitCode = exitCode.failed
})

/** Runs the command that the arguments name, and leaves its exit code in the process. */
async function main(): Promise<void> {
  const program = createProgram((code) => {
    process.exitCode = code
  })
  const taken = optionsTakenByNpm(program, process.argv, process.env)
  try {
    if (taken.length > 0) {
      process.stderr.write(
        `error: npm took ${taken.join(' and ')} for itself; put -- before the command: npm run ${process.env['npm_lifecycle_event']} -- ...\n`,
      )
      process.exitCode = exitCode.usage
    } else await program.parseAsync()
  } catch (error) {
    if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? exitCode.clean : exitCode.usage
    else {
      const { printFailure } = await import('./failure.ts')
      printFailure(error, (text) => process.stderr.write(text))
      process.exitCode = exitCode.failed
    }
  }
}

/**
 * Ends as soon as all output is written, or known to be lost, which is told a turn later: to take the heap down in an orderly way would take
 * a small command a tenth of its time.
 */
async function end(): Promise<void> {
  const behind = [process.stdout, process.stderr].filter(({ writableLength }) => writableLength > 0)
  await Promise.all(behind.map((stream) => new Promise((resolve) => stream.write('', resolve))))
  await new Promise(setImmediate)
  process.exit()
}

void main().finally(end)
