// Holds the lock of a folder until it is told to stop: node scripts/run.mjs test/support/lock-holder.ts FOLDER. Says `held`, or the code of the error.
import { acquireRunLock } from '../../src/io/run-lock.ts'

const folder = process.argv[2]!
try {
  const release = await acquireRunLock(folder, 'then')
  console.log('held')
  process.on('SIGTERM', () => release().then(() => process.exit()))
  setInterval(() => {}, 1000)
} catch (error) {
  console.log((error as { code?: string }).code ?? String(error))
}
