import { expect, test } from 'vitest'
import type { Setting } from '../../src/fleet/catalog.ts'
import { bytesPerUnit, isBareNumber, showBase } from '../../src/fleet/setting-number.ts'
import { parseSetting } from '../../src/fleet/setting-value.ts'

// test/integration/setting-value.test.ts holds the same function against a real server; here are the cases to read.
const row = { context: 'user', default: null, category: '', description: '' } as const
const pages: Setting = { ...row, type: 'integer', unit: '8kB', min: 16, max: 1073741823 }
const kilobytes: Setting = { ...row, type: 'integer', unit: 'kB', min: 64, max: 2147483647 }
const milliseconds: Setting = { ...row, type: 'real', unit: 'ms', min: -1, max: 100 }
const minutes: Setting = { ...row, type: 'integer', unit: 'min', min: 0, max: 35791394 }
const count: Setting = { ...row, type: 'integer', min: 1, max: 262143 }
const share: Setting = { ...row, type: 'real', min: 0, max: 1 }
const flag: Setting = { ...row, type: 'bool' }
const codec: Setting = { ...row, type: 'enum', enum: ['pglz', 'lz4', 'zstd', 'on', 'off'], enumOnly: { debian: ['lz4', 'zstd'] } }
const text: Setting = { ...row, type: 'string' }

test.each([
  [pages, 128, 128, 1_048_576, '128'],
  [pages, '128MB', 16384, 134_217_728, '128MB'],
  [pages, ' 1.5 GB ', 196608, 1_610_612_736, ' 1.5 GB '],
  [pages, '0x80', 128, 1_048_576, '0x80'],
  [pages, '0200', 128, 1_048_576, '0200'],
  [pages, '132kB', 16, 131_072, '132kB'], // 16.5 pages: to the even neighbour
  [kilobytes, '1e3', 1000, 1_024_000, '1e3'],
  [kilobytes, '65.5kB', 66, 67_584, '65.5kB'],
  [milliseconds, '1500us', 1.5, undefined, '1500us'],
  [milliseconds, -1, -1, undefined, '-1'],
  [minutes, '1.5h', 90, undefined, '1.5h'],
  [minutes, '2d', 2880, undefined, '2d'],
  [count, '100', 100, undefined, '100'],
  [share, 0.9, 0.9, undefined, '0.9'],
  [share, '.5', 0.5, undefined, '.5'],
  [flag, true, true, undefined, 'on'],
  [flag, 'FAL', false, undefined, 'FAL'],
  [flag, 0, false, undefined, '0'],
  [codec, false, 'off', undefined, 'off'],
  [codec, 'ON', 'pglz', undefined, 'ON'], // its other name
  [codec, 'yes', 'pglz', undefined, 'yes'],
  [codec, 'zstd', 'zstd', undefined, 'zstd'],
  [text, 'a, b', 'a, b', undefined, 'a, b'],
])('%j takes %j', (setting, raw, base, bytes, printed) => {
  expect(parseSetting(setting, raw, 'debian')).toEqual({ ok: true, base, ...(bytes === undefined ? {} : { bytes }), text: printed })
})

test.each([
  [pages, '15', 'range', 'it is below the least value 128kB'],
  [pages, '9TB', 'range', 'it is above the greatest value 8589934584kB'],
  [kilobytes, '16mb', 'unit', '"mb" is not a unit of memory'],
  [kilobytes, '16MBit', 'unit', '"MBit" is not a unit of memory'],
  [kilobytes, '16 s', 'unit', '"s" is not a unit of memory'],
  [kilobytes, 'many', 'type', 'it is not a whole number'],
  [kilobytes, '+.5', 'type', 'it is not a whole number'],
  [milliseconds, 'nan', 'type', 'it is not a number'],
  [milliseconds, 'inf', 'range', 'it is above the greatest value 100ms'],
  [count, '10 MB', 'type', 'it is not a whole number'],
  [count, '1e400', 'type', 'it is not a whole number'],
  [count, '08', 'type', 'it is not a whole number'],
  [flag, 'o', 'type', 'it is neither on nor off'],
  [flag, ' on', 'type', 'it is neither on nor off'],
  [codec, 'lz', 'enum', 'it is none of its values'],
  [text, 'a\nfsync = off', 'type', 'it has a line break or control character'],
  [text, 'a\u0000', 'type', 'it has a line break or control character'],
])('%j refuses %j', (setting, raw, problem, message) => {
  expect(parseSetting(setting, raw, 'debian')).toEqual({ ok: false, problem, message, help: expect.any(String) })
})

test('a value of another build is refused', () => {
  expect(parseSetting(codec, 'zstd', 'embedded')).toEqual({
    ok: false,
    problem: 'enum',
    message: 'it is none of its values',
    help: 'write one of pglz, on, off',
  })
})

test.each([
  ['16mb', 'write "16MB"; units of memory are B, kB, MB, GB, TB, in exactly this case'],
  ['2 GiB', 'write "2GB"; units of memory are B, kB, MB, GB, TB, in exactly this case'],
  ['2parsec', 'units of memory are B, kB, MB, GB, TB, in exactly this case'],
])('the unit of %s is corrected', (raw, help) => {
  expect(parseSetting(kilobytes, raw, 'debian')).toMatchObject({ ok: false, help })
})

test.each([
  ['5 minutes', 'write "5min"; units of time are us, ms, s, min, h, d, in exactly this case'],
  ['90sec', 'write "90s"; units of time are us, ms, s, min, h, d, in exactly this case'],
])('the unit of %s is corrected', (raw, help) => {
  expect(parseSetting(minutes, raw, 'debian')).toMatchObject({ ok: false, help })
})

test.each([
  [131072, '8kB', '1GB'],
  [16385, '8kB', '131080kB'],
  [90, 'min', '90min'],
  [1440, 'min', '1d'],
  [1.5, 'ms', '1500us'],
  [-1, 'kB', '-1'],
  [0, 'kB', '0'],
  [7, undefined, '7'],
])('%d of unit %s is %s', (value, unit, shown) => {
  expect(showBase(value, unit)).toBe(shown)
})

test('units of memory have a size, those of time have none', () => {
  expect(['B', 'kB', '8kB', 'MB', 'ms', 's', 'min', undefined].map(bytesPerUnit)).toEqual([
    1,
    1024,
    8192,
    1048576,
    undefined,
    undefined,
    undefined,
    undefined,
  ])
})

test.each([
  [128, pages, true],
  ['128', pages, true],
  ['0x80', pages, true],
  ['128MB', pages, false],
  ['128 B', pages, false],
  [128, count, false],
  [true, pages, false],
])('%j of %j is a bare number: %j', (raw, setting, bare) => {
  expect(isBareNumber(raw, setting)).toBe(bare)
})
