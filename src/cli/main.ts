import { CommanderError } from 'commander'
import { exitCode } from './exit-codes.ts'
import { createProgram } from './program.ts'

// A closed pipe (pgfleet ... | head) is the reader's decision, no failure.
for (const stream of [process.stdout, process.stderr])
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(exitCode.clean)
    throw error
  })

try {
  await createProgram((code) => {
    process.exitCode = code
  }).parseAsync()
} catch (error) {
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? exitCode.clean : exitCode.usage
  else {
    const { printFailure } = await import('./failure.ts')
    printFailure(error, (text) => process.stderr.write(text))
    process.exitCode = exitCode.failed
  }
}
