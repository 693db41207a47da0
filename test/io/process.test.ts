import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { realpathSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { expect, test } from 'vitest'
import { commandLine, processes, processStart, workingDirectory } from '../../src/io/process.ts'

const sleeper = async (name = 'sleeper') => {
  const child = spawn(process.execPath, ['-e', 'process.stdout.write("up"); setInterval(() => {}, 1000)', name], { cwd: tmpdir() })
  await once(child.stdout, 'data')
  const end = async () => {
    child.kill('SIGKILL')
    await once(child, 'exit')
  }
  return { pid: child.pid!, end }
}

test('a process has one start, whenever it is asked for; the next has another', async () => {
  const [first, second] = [await sleeper(), await sleeper()]
  const starts = [processStart(first.pid), processStart(second.pid), processStart(first.pid)]
  await Promise.all([first.end(), second.end()])
  expect(starts[0]).toMatch(/^\d+$/)
  expect(starts[2]).toBe(starts[0])
  expect(starts[1]).not.toBe(starts[0])
  expect(processStart(first.pid)).toBeUndefined()
})

test('a dead process that nobody has waited for counts as ended', async () => {
  // The shell becomes a program that never waits for its child, and has done so when the child ends.
  const parent = spawn('sh', ['-c', 'sleep 0.3 & echo $!; exec sleep 60'])
  const pid = Number(String((await once(parent.stdout, 'data'))[0]))
  await expect.poll(() => processStart(pid)).toBeUndefined()
  expect(processes()).toContain(pid)
  parent.kill('SIGKILL')
  await once(parent, 'exit')
})

test('the words a process was started with, spaces and all, and where', async () => {
  const child = await sleeper('a b')
  expect(commandLine(child.pid)?.at(-1)).toBe('a b')
  expect(workingDirectory(child.pid)).toBe(realpathSync(tmpdir()))
  expect(processes()).toContain(child.pid)
  await child.end()
  expect(commandLine(child.pid)).toBeUndefined()
  expect(workingDirectory(child.pid)).toBeUndefined()
})
