import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { readSqlFolder, readText } from '../../src/io/disk.ts'

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'pgfleet-test-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

test('the SQL files of a folder by name, and nothing else in it', () => {
  writeFileSync(join(folder, '0001-a.sql'), 'select 1')
  writeFileSync(join(folder, '0002-ü b.sql'), "select 'ü'")
  writeFileSync(join(folder, 'README.md'), '')
  mkdirSync(join(folder, 'deeper'))
  writeFileSync(join(folder, 'deeper/0003-c.sql'), '')
  expect(Object.fromEntries(readSqlFolder(folder))).toEqual({ '0001-a.sql': 'select 1', '0002-ü b.sql': "select 'ü'" })
})

test('no such folder, or a file in its place: no files', () => {
  writeFileSync(join(folder, 'file'), '')
  expect(readSqlFolder(join(folder, 'missing')).size).toBe(0)
  expect(readSqlFolder(join(folder, 'file')).size).toBe(0)
})

test('a byte order mark is no part of the text', () => {
  writeFileSync(join(folder, 'a'), '\uFEFFselect 1')
  expect(readText(join(folder, 'a'))).toBe('select 1')
})

test('bytes that are not UTF-8 are refused by name', () => {
  writeFileSync(join(folder, '0001-a.sql'), Buffer.from([0x73, 0xe4, 0x74]))
  expect(() => readSqlFolder(folder)).toThrow(
    expect.objectContaining({ code: 'file-encoding', message: `${folder}/0001-a.sql is not UTF-8` }),
  )
})

test('an SQL file whose name ends in capitals is not passed over', () => {
  writeFileSync(join(folder, '0001-A.SQL'), 'select 1')
  expect(Object.fromEntries(readSqlFolder(folder))).toEqual({ '0001-A.SQL': 'select 1' })
})

test('a folder with the name of an SQL file is refused by name', () => {
  mkdirSync(join(folder, '0001-a.sql'))
  expect(() => readSqlFolder(folder)).toThrow(
    expect.objectContaining({ code: 'file-unreadable', message: `cannot read ${folder}/0001-a.sql: it is a folder` }),
  )
})

test.each([
  ['missing', 'there is no such file'],
  ['.', 'it is a folder'],
  ['file/deeper', 'a part of its path is no folder'],
  ['loop', 'its symlinks lead in a circle'],
  ['x'.repeat(300), 'its name is too long'],
])('%s cannot be read, by the name that it is called', (name, why) => {
  writeFileSync(join(folder, 'file'), '')
  symlinkSync('loop', join(folder, 'loop'))
  expect(() => readText(join(folder, name), 'F')).toThrow(
    expect.objectContaining({ code: 'file-unreadable', message: `cannot read F: ${why}` }),
  )
})
