import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { readEvidence } from '../../src/io/github/artifact.ts'
import type { Artifact } from './fake/state.ts'
import { failureOf, onStage } from './setup.ts'
import { type ZipEntry, zipOf } from './zip.ts'

const stage = onStage()
const evidence: ZipEntry = { name: 'evidence.json', content: '{"format":1}' }

const add = (zip: Buffer, more: Partial<Artifact> = {}) =>
  stage.fake.state.artifacts.push({
    id: stage.fake.state.nextId++,
    runId: 5,
    name: 'evidence',
    expired: false,
    size: zip.length,
    zip,
    ...more,
  })

const read = () => readEvidence(stage.client(), { repo: { owner: 'acme', name: 'fleet' }, runId: 5, artifact: 'evidence' })

describe('the artifact of a run', () => {
  test('is read without sending the token to where it is kept', async () => {
    add(zipOf([evidence]))
    expect(await read()).toEqual({ format: 1 })
    expect(stage.fake.requests.map(({ operation }) => operation)).toEqual([
      'actions/list-workflow-run-artifacts',
      'actions/download-artifact',
      'store',
    ])
  })

  test('of several attempts the newest counts', async () => {
    add(zipOf([{ ...evidence, content: '{"attempt":1}' }]))
    add(zipOf([{ ...evidence, content: '{"attempt":2}' }]))
    expect(await read()).toEqual({ attempt: 2 })
  })

  test.each([
    ['of another run', { runId: 6 }],
    ['of another name', { name: 'evidence-2' }],
    ['that has expired', { expired: true }],
  ])('one %s is none', async (_, more) => {
    add(zipOf([evidence]), more)
    expect(await read()).toBeUndefined()
  })

  test('an archive of the zip command', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'pgfleet-zip-'))
    try {
      writeFileSync(join(folder, 'evidence.json'), '{"made":"by zip"}')
      execFileSync('python3', ['-m', 'zipfile', '-c', 'out.zip', 'evidence.json'], { cwd: folder })
      add(readFileSync(join(folder, 'out.zip')))
    } finally {
      rmSync(folder, { recursive: true })
    }
    expect(await read()).toEqual({ made: 'by zip' })
  })
})

describe('hostile archives', () => {
  const bomb = Buffer.alloc(100 * 1024 ** 2, 0x20)
  const noise = Buffer.from(Array.from({ length: 1_100_000 }, (_, index) => (index * 2654435761) >>> 13))

  test.each<[string, () => Buffer, string]>([
    ['a path out of the folder', () => zipOf([{ ...evidence, name: '../evidence.json' }]), 'invalid relative path'],
    ['an absolute path', () => zipOf([{ ...evidence, name: '/evidence.json' }]), 'absolute path'],
    ['a path of Windows', () => zipOf([{ ...evidence, name: '..\\evidence.json' }]), 'no archive that can be read'],
    ['another name', () => zipOf([{ ...evidence, name: 'package.json' }]), 'another file than evidence.json'],
    ['a folder', () => zipOf([{ name: 'evidence.json/', content: '', mode: 0o040755 }]), 'another file than evidence.json'],
    ['a name with NUL', () => zipOf([{ ...evidence, name: 'evidence.json\0.sh' }]), 'another file than evidence.json'],
    ['a second file', () => zipOf([evidence, { name: 'run.sh', content: 'x' }]), 'holds 2 files instead of one'],
    ['the file twice', () => zipOf([evidence, evidence]), 'holds 2 files instead of one'],
    ['a symlink', () => zipOf([{ ...evidence, content: '/etc/passwd', mode: 0o120777 }]), 'no plain file'],
    ['a device', () => zipOf([{ ...evidence, mode: 0o020666 }]), 'no plain file'],
    ['an encrypted file', () => zipOf([{ ...evidence, encrypted: true }]), 'no plain file'],
    ['100 MB', () => zipOf([{ ...evidence, content: bomb }]), 'of 104857600 bytes, more than 262144'],
    ['100 MB that call themselves 20 bytes', () => zipOf([{ ...evidence, content: bomb, declared: 20 }]), 'no archive that can be read'],
    ['less than it says', () => zipOf([{ ...evidence, declared: 20 }]), 'no archive that can be read'],
    ['nothing', () => zipOf([]), 'holds 0 files instead of one'],
    ['garbage', () => Buffer.from('no archive'), 'no archive that can be read'],
    ['an archive that is cut', () => zipOf([evidence]).subarray(0, 40), 'no archive that can be read'],
    ['no JSON', () => zipOf([{ ...evidence, content: '{"format":' }]), 'no JSON in UTF-8'],
    ['no UTF-8', () => zipOf([{ ...evidence, content: Buffer.from([0x22, 0xff, 0x22]) }]), 'no JSON in UTF-8'],
    ['nothing in the file', () => zipOf([{ ...evidence, content: '' }]), 'no JSON in UTF-8'],
  ])('%s', async (_, archive, message) => {
    add(archive())
    const failure = await failureOf(read())
    expect(failure).toContain('artifact-refused: ')
    expect(failure).toContain(message)
  })

  test('too large by what GitHub says of it: it is not downloaded', async () => {
    add(zipOf([evidence]), { size: 2_000_000 })
    expect(await failureOf(read())).toBe('artifact-refused: the artifact with the evidence has more than 1048576 bytes')
    expect(stage.fake.count('store')).toBe(0)
  })

  test('too large on the way', async () => {
    add(noise, { size: 10 })
    expect(await failureOf(read())).toBe('artifact-refused: the artifact with the evidence has more than 1048576 bytes')
  })

  test.each(['file:///etc/passwd', 'ftp://127.0.0.1/x', 'nowhere', undefined])('GitHub sends us to %s', async (location) => {
    add(zipOf([evidence]))
    stage.fake.faults.push({ operation: 'actions/download-artifact', answer: { status: 302, ...(location && { headers: { location } }) } })
    expect(await failureOf(read())).toBe('artifact-refused: github names no address to download the artifact from')
  })
})
