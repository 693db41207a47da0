import { randomBytes } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { needlesIn, searchFor } from './secret-search.ts'
import { emptyFolder } from './secrets.ts'

let folder: Awaited<ReturnType<typeof emptyFolder>>
beforeAll(async () => {
  folder = await emptyFolder()
  mkdirSync(join(folder.path, 'passwords'))
  writeFileSync(join(folder.path, 'passwords/one'), 'p@ss word/of+one&more-than-that\n')
  writeFileSync(join(folder.path, 'ca.crt'), 'public')
})
afterAll(() => folder.remove())

const search = (...parts: (string | Buffer)[]) => searchFor(needlesIn(folder.path))([{ place: 'there', read: () => parts }])

describe('the search for secrets', () => {
  // printf %s 'p@ss word/of+one&more-than-that' | base64, with none, one and two characters in front; | od -An -tx1; jq -sRr @uri
  test.each([
    ['plain', 'p@ss word/of+one&more-than-that'],
    ['base64, offset 0', 'cEBzcyB3b3JkL29mK29uZSZtb3JlLXRoYW4tdGhhdA=='],
    ['base64, offset 1', 'eHBAc3Mgd29yZC9vZitvbmUmbW9yZS10aGFuLXRoYXQ='],
    ['base64, offset 2', 'eHlwQHNzIHdvcmQvb2Yrb25lJm1vcmUtdGhhbi10aGF0'],
    ['hexadecimal', '7040737320776f72642f6f662b6f6e65266d6f72652d7468616e2d74686174'],
    ['in a URL', 'p%40ss%20word%2Fof%2Bone%26more-than-that'],
  ])('finds it %s', async (form, text) => {
    expect(await search(`before ${text} after`)).toEqual([`there: passwords/one (${form})`])
    expect(await search(text)).toEqual([`there: passwords/one (${form})`])
    expect(await search(`before ${text.slice(0, 20)}`, text.slice(20))).toEqual([`there: passwords/one (${form})`])
  })

  test('finds it wherever a stream is cut, among any bytes', async () => {
    const bytes = Buffer.concat([randomBytes(300), Buffer.from('p@ss word/of+one&more-than-that'), randomBytes(300)])
    for (let at = 0; at <= bytes.length; at++)
      expect(await search(bytes.subarray(0, at), bytes.subarray(at))).toEqual(['there: passwords/one (plain)'])
    expect(await search(...[...bytes].map((byte) => Buffer.from([byte])))).toEqual(['there: passwords/one (plain)'])
  })

  test('finds nothing where it is not whole', async () => {
    expect(await search('p@ss word/of+one&more-than-tha', '', 'p@ss word', ' /of+one&more-than-that')).toEqual([])
    expect(await search()).toEqual([])
  })

  test('a file that it does not know, and a secret that is too short, are no reason to look for less', async () => {
    const other = await emptyFolder()
    writeFileSync(join(other.path, 'token'), 'x'.repeat(40))
    expect(() => needlesIn(other.path)).toThrow('token: a file of a kind that the search does not know')
    other.remove()
    const short = await emptyFolder()
    mkdirSync(join(short.path, 'passwords'))
    writeFileSync(join(short.path, 'passwords/one'), 'short')
    expect(() => needlesIn(short.path)).toThrow('passwords/one (plain): too short to be looked for')
    short.remove()
  })
})
