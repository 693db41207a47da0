import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { processStart } from '../../src/io/process.ts'
import { acquireRunLock, lockHolder } from '../../src/io/run-lock.ts'

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'pgfleet-test-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

/** Another process that tries to hold the folder. */
async function other() {
  const child = spawn(process.execPath, ['scripts/run.mjs', 'test/support/lock-holder.ts', folder], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const [said] = await once(createInterface(child.stdout), 'line')
  const end = async (signal: NodeJS.Signals) => {
    child.kill(signal)
    await once(child, 'exit')
  }
  return { pid: child.pid!, said: String(said), end }
}

const claim = (pid: number, start: string) => writeFileSync(join(folder, `run-${pid}.json`), JSON.stringify({ pid, start, since: 'then' }))

test('one process at a time, and the message says which', async () => {
  const holder = await other()
  expect(holder.said).toBe('held')
  expect(await lockHolder(folder)).toMatchObject({ pid: holder.pid, since: 'then' })
  await expect(acquireRunLock(folder, 'now')).rejects.toMatchObject({
    code: 'already-running',
    message: `pgfleet already runs with ${folder}: process ${holder.pid}, since then`,
  })
  expect(await lockHolder(folder)).toMatchObject({ pid: holder.pid })
  await holder.end('SIGTERM')
  expect(readdirSync(folder)).toEqual([])
})

test('the lock of a killed process is taken over', async () => {
  const holder = await other()
  await holder.end('SIGKILL')
  expect(readdirSync(folder)).toEqual([`run-${holder.pid}.json`])
  const release = await acquireRunLock(folder, 'now')
  expect(readdirSync(folder)).toEqual([`run-${process.pid}.json`])
  await release()
  expect(readdirSync(folder)).toEqual([])
})

test('a process that was given the number of a killed one is not taken for it', async () => {
  claim(1, 'long ago')
  await (await acquireRunLock(folder, 'now'))()
  expect(readdirSync(folder)).toEqual([])
})

test('nor are we ourselves', async () => {
  claim(process.pid, 'long ago')
  await (await acquireRunLock(folder, 'now'))()
  expect(readdirSync(folder)).toEqual([])
})

test('half a claim, from a full disk, holds nobody up', async () => {
  writeFileSync(join(folder, 'run-1.json'), '{"pid":1,"sta')
  await (await acquireRunLock(folder, 'now'))()
  expect(readdirSync(folder)).toEqual([])
})

test('twice in one process is twice, too', async () => {
  const release = await acquireRunLock(folder, 'now')
  await expect(acquireRunLock(folder, 'now')).rejects.toMatchObject({ code: 'already-running' })
  expect(await lockHolder(folder)).toMatchObject({ pid: process.pid })
  await release()
})

test('of several that come at the same moment exactly one gets it', async () => {
  const all = await Promise.all(Array.from({ length: 4 }, other))
  const said = all.map((one) => one.said).sort()
  const live = all.filter((one) => processStart(one.pid) !== undefined && one.said === 'held')
  await Promise.all(live.map((one) => one.end('SIGTERM')))
  expect(said).toEqual(['already-running', 'already-running', 'already-running', 'held'])
})
