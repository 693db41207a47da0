import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { formatMemory, formatSize, parseDuration, parseSize, roundUpSize } from '../../src/fleet/units.ts'

describe('sizes', () => {
  test.each([
    ['1KiB', 1024],
    ['8GiB', 8_589_934_592],
    ['1.5GiB', 1_610_612_736],
    ['2TiB', 2_199_023_255_552],
    ['0.5MiB', 524_288],
  ])('%s is %d bytes', (text, bytes) => expect(parseSize(text)).toBe(bytes))

  test.each(['', '8GB', '8', '8 GiB', '1.2.3GiB', 'GiB', '1e3GiB'])('%j is no size', (text) =>
    expect(() => parseSize(text)).toThrow('not a size'),
  )

  test.each([
    [8_589_934_592, '8GiB', '8GB'],
    [1_610_612_736, '1536MiB', '1536MB'],
    [8_052_736, '7864KiB', '7864kB'],
    [1_048_576, '1MiB', '1MB'],
  ])('%d bytes print as %s, and as %s in postgresql.conf', (bytes, size, memory) => {
    expect(formatSize(bytes)).toBe(size)
    expect(formatMemory(bytes)).toBe(memory)
  })

  test('what is printed reads back the same', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 2 ** 31 }), (kilobytes) => parseSize(formatSize(kilobytes * 1024)) === kilobytes * 1024),
    )
  })

  test.each([
    [1, 1_048_576],
    [1_048_577, 2_097_152],
    // From 16 GiB on in whole GiB.
    [17_179_869_185, 18_253_611_008],
  ])('%d bytes are rounded up to %d', (bytes, up) => expect(roundUpSize(bytes)).toBe(up))
})

test.each([
  ['5 minutes', 300],
  ['1 hour', 3600],
  ['30 days', 2_592_000],
  ['12 weeks', 7_257_600],
  ['12 months', 31_104_000],
  ['7 years', 220_903_200],
])('%s are %d seconds', (text, seconds) => expect(parseDuration(text)).toEqual({ text, seconds }))

test.each(['', '5', '5 lightyears', '-1 days', 'a day'])('%j is no duration', (text) =>
  expect(() => parseDuration(text)).toThrow('not a duration'),
)
