import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { Change } from '../../src/plan/plan.ts'
import { unifiedDiff } from '../../src/plan/unified.ts'

const file = (path: string, content: string, mode: 0o644 | 0o755 = 0o644) => ({ path, content, mode })
const changes: Change[] = [
  { op: 'keep', path: 'kept' },
  { op: 'create', file: file('new', 'one\ntwo\n') },
  { op: 'update', file: file('changed', 'a\nB\nc\n'), before: 'a\nb\nc\n', edited: true },
  { op: 'update', file: file('script', 'x\n', 0o755), before: 'x\n', edited: false },
  { op: 'delete', path: 'old', before: 'gone\n', edited: false },
  { op: 'conflict', path: 'theirs' },
]

test('each change as git shows it', () => {
  expect(unifiedDiff(changes)).toBe(`--- /dev/null
+++ b/new
@@ -0,0 +1,2 @@
+one
+two
--- a/changed
+++ b/changed
@@ -1,3 +1,3 @@
 a
-b
+B
 c
diff --git a/script b/script
old mode 100644
new mode 100755
--- a/old
+++ /dev/null
@@ -1,1 +0,0 @@
-gone
`)
})

test('nothing to do, nothing to show', () => {
  expect(unifiedDiff([{ op: 'keep', path: 'kept' }])).toBe('')
})

test('git makes of the old file what would be generated', () => {
  const folder = mkdtempSync(join(tmpdir(), 'pgfleet-test-'))
  try {
    const before = Array.from({ length: 200 }, (_, n) => `line ${n}`).join('\n')
    const after = before.replace('line 7\n', '').replace('line 150', 'line 150\n\n\tnew').concat('\nlast, without a line break')
    writeFileSync(join(folder, 'x'), before)
    const diff = unifiedDiff([{ op: 'update', file: file('x', after), before, edited: false }])
    execFileSync('git', ['apply', '-'], { cwd: folder, input: diff })
    expect(readFileSync(join(folder, 'x'), 'utf8')).toBe(after)
  } finally {
    rmSync(folder, { recursive: true })
  }
})

test('two files with nothing in common are named only, and quickly', () => {
  const text = (word: string) => Array.from({ length: 10_000 }, (_, n) => `${word} ${n}\n`).join('')
  expect(unifiedDiff([{ op: 'update', file: file('big', text('new')), before: text('old'), edited: false }])).toBe(
    'Files a/big and b/big differ\n',
  )
})
