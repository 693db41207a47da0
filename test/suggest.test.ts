import { expect, test } from 'vitest'
import { closest, didYouMean } from '../src/suggest.ts'

test.each([
  ['work_men', 'work_mem'],
  ['Work-Mem', 'work_mem'],
  ['share_buffer', 'shared_buffers'],
  ['sslmode', undefined],
  ['prot', 'port'],
  ['', undefined],
])('%j means %j', (word, meant) => {
  expect(closest(word, ['work_mem', 'shared_buffers', 'port'])).toBe(meant)
})

test('the first of several equally close ones wins', () => {
  expect(closest('bat', ['cat', 'rat'])).toBe('cat')
})

test('help is the guess, or what stands instead', () => {
  expect(didYouMean('orders', ['order'], 'services are order')).toBe('did you mean "order"?')
  expect(didYouMean('xyz', ['order'], 'services are order')).toBe('services are order')
})
