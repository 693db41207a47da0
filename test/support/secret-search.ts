// Every secret of a secrets folder, in the forms in which it might leak, looked for in anything that can be streamed.
import { createPrivateKey } from 'node:crypto'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { basename, join } from 'node:path'

/** What must not be found. `name` tells which secret it is, in which form: the bytes are never printed. */
export type Needle = { readonly name: string; readonly bytes: Buffer }

/** Anything to be searched, read when it is its turn. */
export type Haystack = { readonly place: string; readonly read: () => AsyncIterable<Buffer | string> | Iterable<Buffer | string> }

/** Shorter ones could stand somewhere by chance. */
const shortest = 16

/** Needles for all that is secret in a folder. Throws for a file of a kind that it does not know. */
export function needlesIn(folder: string): Needle[] {
  const found = new Map<string, Needle>()
  const add = (name: string, bytes: Buffer | string) => {
    const needle = { name, bytes: Buffer.from(bytes as string) }
    if (needle.bytes.length < shortest) throw new Error(`${name}: too short to be looked for`)
    const known = needle.bytes.toString('latin1')
    if (!found.has(known)) found.set(known, needle)
  }
  // Password files last: what is in them has its own file elsewhere, and is known by that name.
  const paths = readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort()
  const isPassfile = (path: string) => basename(path) === 'pgpass'
  for (const path of [...paths.filter((path) => !isPassfile(path)), ...paths.filter(isPassfile)]) {
    if (!statSync(join(folder, path)).isFile() || path.endsWith('.crt')) continue
    for (const [what, secret] of secretsOf(path, readFileSync(join(folder, path), 'utf8')))
      for (const [form, bytes] of formsOf(secret)) add(`${path}${what} (${form})`, bytes)
  }
  return [...found.values()]
}

/** The secrets of one file, by what they are in it. */
function secretsOf(path: string, text: string): [string, Buffer | string][] {
  if (path.endsWith('.key')) {
    const lines = text.split('\n').filter((line) => /^[A-Za-z0-9+/=]{40,}$/.test(line))
    const { d } = createPrivateKey(text).export({ format: 'jwk' })
    return [['', Buffer.from(d!, 'base64url')], ...lines.map((line, index): [string, string] => [`, line ${index + 1}`, line])]
  }
  if (path.includes('verifiers/')) {
    const verifier = text.trimEnd()
    const [, stored = '', server = ''] = /\$([^$:]+):([^$:]+)$/.exec(verifier) ?? []
    return [
      ['', verifier],
      [', stored key', stored],
      [', server key', server],
    ]
  }
  if (path.startsWith('passwords/')) return [['', text.trimEnd()]]
  if (basename(path) === 'pgpass') {
    const entries = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'))
    return entries.map((line, index) => [`, entry ${index + 1}`, line.replace(/^.*:/, '')])
  }
  throw new Error(`${path}: a file of a kind that the search does not know`)
}

/** As it is, in base64 wherever it stands in what was encoded, in hexadecimal digits, in a URL. */
function formsOf(secret: Buffer | string): [string, Buffer | string][] {
  const bytes = Buffer.from(secret as string)
  const base64 = [0, 1, 2].map((offset): [string, string] => [`base64, offset ${offset}`, insideBase64(bytes, offset)])
  const forms: [string, Buffer | string][] = [['plain', bytes], ...base64, ['hexadecimal', bytes.toString('hex')]]
  if (typeof secret !== 'string') return forms
  return [...forms, ['in a URL', encodeURIComponent(secret)]]
}

/** The characters of base64 that depend on these bytes only, when so many others stand before them in a group of three. */
function insideBase64(bytes: Buffer, offset: number): string {
  const text = Buffer.concat([Buffer.alloc(offset), bytes])
    .toString('base64')
    .replace(/=+$/, '')
  const first = offset === 0 ? 0 : offset + 1
  const whole = Math.floor(((offset + bytes.length) * 8) / 6)
  return text.slice(first, whole)
}

/** Bytes that decide how far the search can skip: https://webglimpse.net/pubs/TR94-17.pdf (Wu and Manber) */
const block = 3
const tableSize = 2 ** 18

/** Makes the search for all needles at once. It gives a line per needle and place, sorted. */
export function searchFor(needles: readonly Needle[]): (haystacks: Iterable<Haystack> | AsyncIterable<Haystack>) => Promise<string[]> {
  const least = Math.min(...needles.map(({ bytes }) => bytes.length))
  const most = Math.max(...needles.map(({ bytes }) => bytes.length))
  const skips = new Uint8Array(tableSize).fill(Math.min(255, least - block + 1))
  const ending = new Map<number, Needle[]>()
  for (const needle of needles)
    for (let at = 0; at <= least - block; at++) {
      const hash = hashAt(needle.bytes, at)
      skips[hash] = Math.min(skips[hash]!, least - block - at)
      if (at === least - block) ending.set(hash, [...(ending.get(hash) ?? []), needle])
    }
  /** Names of the needles that begin anywhere before the last `most - 1` bytes, or anywhere when it is the end. */
  const inChunk = (chunk: Buffer, found: Set<string>) => {
    for (let at = 0; at + least <= chunk.length; ) {
      const hash = hashAt(chunk, at + least - block)
      const skip = skips[hash]!
      if (skip === 0)
        for (const { name, bytes } of ending.get(hash) ?? []) {
          if (bytes.length <= chunk.length - at && bytes.compare(chunk, at, at + bytes.length) === 0) found.add(name)
        }
      at += skip || 1
    }
  }
  return async (haystacks) => {
    const lines = new Set<string>()
    for await (const { place, read } of haystacks) {
      const found = new Set<string>()
      let rest = Buffer.alloc(0)
      for await (const part of read()) {
        const chunk = Buffer.concat([rest, Buffer.from(part as string)])
        inChunk(chunk, found)
        rest = Buffer.from(chunk.subarray(Math.max(0, chunk.length - most + 1)))
      }
      for (const name of found) lines.add(`${place}: ${name}`)
    }
    return [...lines].sort()
  }
}

const hashAt = (bytes: Buffer, at: number): number => (bytes[at]! ^ (bytes[at + 1]! << 5) ^ (bytes[at + 2]! << 10)) & (tableSize - 1)
