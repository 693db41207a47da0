import { execFileSync, spawnSync } from 'node:child_process'
import {
  chmodSync,
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type Artifact, header } from '../../src/artifact.ts'
import { applyPlan, readOutput } from '../../src/io/output-folder.ts'
import { checksumsFile } from '../../src/plan/checksums.ts'
import { planChanges } from '../../src/plan/plan.ts'

const artifact = (path: string, text = '', mode: Artifact['mode'] = 0o644): Artifact => ({
  path,
  kind: 'env',
  mode,
  content: `# ${header}\n${text}`,
})

let folder = ''
let out = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'pgfleet-test-'))
  out = join(folder, 'out')
})
afterEach(() => rmSync(folder, { recursive: true }))

/** As `generate` does it. */
function generate(...artifacts: Artifact[]) {
  const wanted = new Set([checksumsFile, ...artifacts.map(({ path }) => path)])
  applyPlan(out, planChanges(artifacts, readOutput(out, wanted)))
}

const filesIn = (root: string): string[] =>
  readdirSync(root, { recursive: true, encoding: 'utf8' })
    .filter((name) => !lstatSync(join(root, name)).isDirectory())
    .sort()

/** The code of what it throws. */
function failure(action: () => void): string | undefined {
  try {
    action()
    return undefined
  } catch (error) {
    return (error as { code: string }).code
  }
}

describe('writing', () => {
  test('makes folders, and gives files their mode whatever the umask', () => {
    const umask = process.umask(0o077)
    try {
      generate(artifact('a/b/c.conf', 'x'), artifact('run.sh', 'y', 0o755))
    } finally {
      process.umask(umask)
    }
    expect(filesIn(out)).toEqual([checksumsFile, 'a/b/c.conf', 'run.sh'])
    expect(readFileSync(join(out, 'a/b/c.conf'), 'utf8')).toBe(`# ${header}\nx`)
    expect(statSync(join(out, 'a/b/c.conf')).mode & 0o777).toBe(0o644)
    expect(statSync(join(out, 'run.sh')).mode & 0o777).toBe(0o755)
  })

  test('leaves a file alone that is as it should be', () => {
    generate(artifact('a', '1'), artifact('b', '1'))
    const old = new Date('2020-01-01T00:00:00Z')
    for (const name of ['a', 'b']) utimesSync(join(out, name), old, old)
    generate(artifact('a', '1'), artifact('b', '2'))
    expect(statSync(join(out, 'a')).mtime).toEqual(old)
    expect(statSync(join(out, 'b')).mtime).not.toEqual(old)
  })

  test('replaces files, it does not write into them: who reads the old one reads all of it', () => {
    generate(artifact('a', '1'))
    const before = statSync(join(out, 'a')).ino
    generate(artifact('a', '2'))
    expect(statSync(join(out, 'a')).ino).not.toBe(before)
  })

  test('sha256sum agrees with the checksums', () => {
    generate(artifact('a', '1'), artifact('b/c', 'ü'))
    expect(execFileSync('sha256sum', ['--check', '--strict', checksumsFile], { cwd: out, encoding: 'utf8' })).toBe('a: OK\nb/c: OK\n')
  })
})

describe('removing', () => {
  test('what is ours and no longer made goes, with the folders that it leaves empty', () => {
    generate(artifact('a/b/c'), artifact('a/d'), artifact('e/f/g'))
    generate(artifact('a/d'))
    expect(filesIn(out)).toEqual([checksumsFile, 'a/d'])
    expect(existsSync(join(out, 'e'))).toBe(false)
  })

  test('what is not ours stays, and its folder', () => {
    generate(artifact('a/b'))
    writeFileSync(join(out, 'a/notes'), 'mine')
    generate()
    expect(filesIn(out)).toEqual([checksumsFile, 'a/notes'])
  })

  test('in .git and node_modules nothing is ever ours', () => {
    for (const name of ['.git', 'node_modules']) {
      mkdirSync(join(out, name), { recursive: true })
      writeFileSync(join(out, name, 'x'), `# ${header}\n`)
    }
    generate()
    expect(filesIn(out)).toEqual(['.git/x', checksumsFile, 'node_modules/x'])
  })

  test('temporary files of a run that was killed go; those of one that lives stay', () => {
    const dead = spawnSync('true').pid
    mkdirSync(join(out, 'a'), { recursive: true })
    writeFileSync(join(out, `a/.pgfleet-${dead}-0.tmp`), `# ${header}\n`)
    writeFileSync(join(out, `.pgfleet-${process.pid}-0.tmp`), '')
    writeFileSync(join(out, '.pgfleet-1-0.tmp'), '')
    generate(artifact('b'))
    expect(filesIn(out)).toEqual(['.pgfleet-1-0.tmp', checksumsFile, 'b'])
  })
})

describe('a path that leaves the folder is refused, and nothing is written', () => {
  test.each(['../x', 'a/../../x', '/tmp/x', 'a//x', './x', 'a/', '', 'a\\..\\x', 'a\0b'])('%j', (path) => {
    expect(failure(() => generate(artifact('good'), artifact(path)))).toBe('output-path')
    expect(existsSync(out)).toBe(false)
  })
})

describe('symlinks are not followed', () => {
  let victim = ''
  beforeEach(() => {
    victim = join(folder, 'victim')
    mkdirSync(victim)
    mkdirSync(out)
    writeFileSync(join(victim, 'file'), `# ${header}\nold`)
  })

  test.each([
    ['a file', () => symlinkSync('../victim/file', join(out, 'a')), 'a'],
    ['a file that does not exist', () => symlinkSync('../victim/new', join(out, 'a')), 'a'],
    ['a folder', () => symlinkSync('../victim', join(out, 'a')), 'a/file'],
    ['a folder further up', () => symlinkSync('../victim', join(out, 'a')), 'a/b/c'],
    ['itself', () => symlinkSync('a', join(out, 'a')), 'a'],
  ])('to %s', (_, link, path) => {
    link()
    expect(failure(() => generate(artifact('good'), artifact(path)))).toBe('output-path')
    expect(readdirSync(victim)).toEqual(['file'])
    expect(readFileSync(join(victim, 'file'), 'utf8')).toBe(`# ${header}\nold`)
    expect(existsSync(join(out, 'good'))).toBe(false)
  })

  test('what lies behind one is no orphan of ours', () => {
    symlinkSync('../victim', join(out, 'linked'))
    generate(artifact('good'))
    expect(readdirSync(victim)).toEqual(['file'])
  })

  test('a link planted in the place of a temporary file is not written through', () => {
    symlinkSync('../victim/file', join(out, `.pgfleet-${process.pid}-0.tmp`))
    expect(failure(() => generate(artifact('good')))).toBe('output-write')
    expect(readFileSync(join(victim, 'file'), 'utf8')).toBe(`# ${header}\nold`)
  })

  test('the output folder itself may be one: its user made it', () => {
    rmSync(out, { recursive: true })
    symlinkSync('victim', out)
    generate(artifact('a'))
    expect(readdirSync(victim).sort()).toEqual([checksumsFile, 'a'])
  })
})

describe('when it cannot be done, the folder stays as it was', () => {
  test('a folder in the place of a file', () => {
    mkdirSync(join(out, 'a'), { recursive: true })
    expect(failure(() => generate(artifact('a')))).toBe('output-path')
    expect(filesIn(out)).toEqual([])
  })

  test('a file of somebody else in the place of a folder', () => {
    mkdirSync(out)
    writeFileSync(join(out, 'a'), 'theirs')
    expect(failure(() => generate(artifact('a/b')))).toBe('output-path')
    expect(filesIn(out)).toEqual(['a'])
  })

  test('a file of somebody else in the place of ours', () => {
    mkdirSync(out)
    writeFileSync(join(out, 'a'), 'theirs')
    expect(failure(() => generate(artifact('a'), artifact('b')))).toBe('output-conflict')
    expect(filesIn(out)).toEqual(['a'])
    expect(readFileSync(join(out, 'a'), 'utf8')).toBe('theirs')
  })

  test('a folder that may not be written', () => {
    generate(artifact('a', '1'), artifact('b/c', '1'))
    chmodSync(join(out, 'b'), 0o555)
    expect(failure(() => unprivileged(() => generate(artifact('a', '2'), artifact('b/c', '2'), artifact('d'))))).toBe('output-write')
    expect(filesIn(out)).toEqual([checksumsFile, 'a', 'b/c'])
    expect(readFileSync(join(out, 'a'), 'utf8')).toBe(`# ${header}\n1`)
  })

  test('a name that the file system does not take', () => {
    generate(artifact('a', '1'))
    expect(failure(() => generate(artifact('a', '2'), artifact('x'.repeat(300))))).toBe('output-write')
    expect(filesIn(out)).toEqual([checksumsFile, 'a'])
    expect(readFileSync(join(out, 'a'), 'utf8')).toBe(`# ${header}\n1`)
  })
})

/** Root may write everywhere: it acts as somebody else, to whom the folder belongs. */
function unprivileged(action: () => void) {
  if (process.geteuid?.() !== 0) return action()
  const nobody = 65534
  chmodSync(folder, 0o755)
  for (const name of ['.', ...readdirSync(out, { recursive: true, encoding: 'utf8' })]) chownSync(join(out, name), nobody, nobody)
  process.seteuid?.(nobody)
  try {
    action()
  } finally {
    process.seteuid?.(0)
  }
}

test('a large file of somebody else in the folder is not read', () => {
  mkdirSync(out)
  execFileSync('truncate', ['-s', '2G', join(out, 'dump')])
  generate(artifact('a'))
  expect(filesIn(out)).toEqual([checksumsFile, 'a', 'dump'])
})
