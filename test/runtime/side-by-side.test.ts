import { setTimeout } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { sideBySide } from '../../src/runtime/side-by-side.ts'

test('results in the order of the items, never more at once than allowed', async () => {
  let now = 0
  let most = 0
  const results = await sideBySide([30, 1, 20, 5, 10], 2, async (ms) => {
    most = Math.max(most, ++now)
    await setTimeout(ms)
    now--
    return ms * 2
  })
  expect(results).toEqual([60, 2, 40, 10, 20])
  expect(most).toBe(2)
})

test('the first failure is thrown when the others have ended', async () => {
  const ended: number[] = []
  const work = sideBySide([1, 2, 3], 3, async (item) => {
    await setTimeout(item * 5)
    if (item === 1) throw new Error('one')
    ended.push(item)
  })
  await expect(work).rejects.toThrow('one')
  expect(ended).toEqual([2, 3])
})

test('nothing to do', async () => {
  expect(await sideBySide([], 3, async () => 1)).toEqual([])
})
