import { describe, expect, test } from 'vitest'
import { temporaryFolder } from '../support/git-repository.ts'
import { checkOf, evidenceOf } from '../support/github-evidence.ts'
import { onGitHub, onlyBody, openPull } from '../support/github-review.ts'
import { problemsOf } from '../support/markdown-tree.ts'
import { shop, shopSql } from '../support/review-fleet.ts'

const stage = onGitHub()
const [base, head] = [shop(), shop({ memory: '3GiB' })]
const run = 'https://github.test/acme/fleet/actions/runs/5'

const open = (fork?: string) =>
  openPull(stage.fake.state, 7, {
    base: { 'services.yaml': base, ...shopSql },
    head: { 'services.yaml': head, ...shopSql },
    ...(fork ? { fork } : {}),
  })

/** What the comment says under the heading, and the state of the commit. */
async function said(fork?: string): Promise<{ line: string; state: string }> {
  const pull = open(fork)
  expect((await stage.review(pull)).code).toBe(0)
  const body = onlyBody(pull)
  expect(problemsOf(body, [run])).toEqual([])
  return { line: /#### Boot evidence\n\n(.*)/.exec(body)![1]!, state: stage.fake.state.statuses[0]!.state }
}

describe('the record of the run', () => {
  test('of this repository is measured', async () => {
    stage.leaveEvidence(evidenceOf(head))
    expect(await said()).toEqual({
      line: `✅ **Measured**: booted, 1 server in 90 s (\`compose\`); 1 check passed, 0 failed, 0 skipped. [The run](${run}).`,
      state: 'success',
    })
  })

  test('of a fork is unverified', async () => {
    stage.leaveEvidence(evidenceOf(head))
    expect(await said('mallory/fleet')).toEqual({
      line: `✅ **Unverified**: booted, 1 server in 90 s (\`compose\`); 1 check passed, 0 failed, 0 skipped. The record comes from a run that the author of the change controls. The run: \`${run}\`.`,
      state: 'success',
    })
  })

  test('that failed makes the verdict fail', async () => {
    const finding = { service: 'orders', what: 'role demo_orders_service', expected: 'may log in', actual: '@all <b>no</b>', help: 'x' }
    stage.leaveEvidence(evidenceOf(head, { result: 'failed', checks: [checkOf('failed', [finding])] }))
    const { line, state } = await said()
    expect(line).toMatch(/^❌ \*\*Measured\*\*: boot \*\*failed\*\*, 1 server in 90 s/)
    expect(state).toBe('failure')
  })
})

/** What is not used, and what is said instead. */
describe('a record that is not used', () => {
  test.each<[string, () => void, string]>([
    ['absent', () => {}, 'the run left no artifact pgfleet-evidence: nothing was booted, or it did not get that far'],
    ['under another name', () => stage.leaveEvidence(evidenceOf(head), { name: 'evidence' }), 'the run left no artifact'],
    [
      'of another services.yaml',
      () => stage.leaveEvidence(evidenceOf(base)),
      'the record of the boot is of another services.yaml, so it is not used',
    ],
    [
      'of another schema',
      () => stage.leaveEvidence({ ...evidenceOf(head), safe: true }),
      'the record of the boot does not fit its schema, so it is not used',
    ],
    ['a list', () => stage.leaveEvidence([]), 'does not fit its schema'],
    ['null', () => stage.leaveEvidence('null'), 'does not fit its schema'],
    ['no JSON', () => stage.leaveEvidence('{'), 'is no JSON in UTF'],
    ['deep', () => stage.leaveEvidence('['.repeat(100_000) + ']'.repeat(100_000)), '**Not run**'],
    ['with a prototype', () => stage.leaveEvidence(`{"__proto__":{"format":1},"constructor":{}}`), 'does not fit its schema'],
    [
      'two files',
      () => stage.leaveEvidence('', { entries: ['evidence.json', 'x'].map((name) => ({ name, content: '{}' })) }),
      'holds 2 files instead of one',
    ],
    [
      'a path that leads out',
      () => stage.leaveEvidence('', { entries: [{ name: '../../evidence.json', content: '{}' }] }),
      '**Not run**: the artifact with the evidence',
    ],
    [
      'a symlink',
      () => stage.leaveEvidence('', { entries: [{ name: 'evidence.json', content: '/etc/passwd', mode: 0o120777 }] }),
      'that is no plain file',
    ],
    [
      'a bomb',
      () => stage.leaveEvidence('', { entries: [{ name: 'evidence.json', content: Buffer.alloc(100 * 1024 ** 2), declared: 100 }] }),
      '**Not run**: the artifact with the evidence',
    ],
    [
      'no archive',
      () =>
        stage.fake.state.artifacts.push({ id: 1, runId: 5, name: 'pgfleet-evidence', expired: false, size: 3, zip: Buffer.from('zip') }),
      'is no archive that can be read',
    ],
  ])('%s', async (_, leave, message) => {
    leave()
    const { line, state } = await said('mallory/fleet')
    expect(line).toMatch(/^⚪ \*\*Not run\*\*: /)
    expect(line).toContain(message)
    expect(state).toBe('success')
  })

  test('--evidence-artifact names another', async () => {
    stage.leaveEvidence(evidenceOf(head), { name: 'boot' })
    const pull = open()
    await stage.review(pull, ['--evidence-artifact', 'boot'])
    expect(onlyBody(pull)).toContain('✅ **Measured**')
  })

  test('GitHub refuses to give it', async () => {
    stage.leaveEvidence(evidenceOf(head))
    stage.fake.faults.push({
      operation: 'actions/list-workflow-run-artifacts',
      answer: {
        status: 403,
        body: { message: 'Resource not accessible by integration', documentation_url: 'https://docs.github.com/rest' },
      },
    })
    expect((await said()).line).toBe('⚪ **Not run**: cannot read the artifacts of run 5: Resource not accessible by integration')
  })
})

describe('--evidence of a dry run', () => {
  const local = (record: string | undefined, ...more: string[]) => {
    const folder = temporaryFolder({
      'old.yaml': base,
      'services.yaml': head,
      ...shopSql,
      ...(record === undefined ? {} : { 'boot.json': record }),
    })
    return stage.cli(['--dry-run', '--base', 'old.yaml', '--evidence', 'boot.json', ...more], { in: folder })
  }

  test.each<[string, string | undefined, number, string]>([
    ['of this services.yaml', JSON.stringify(evidenceOf(head)), 0, '✅ **Measured**: booted, 1 server in 90 s'],
    ['that failed', JSON.stringify(evidenceOf(head, { result: 'failed' })), 1, '❌ **Measured**: boot **failed**'],
    ['of another', JSON.stringify(evidenceOf(base)), 0, '⚪ **Not run**: the record of the boot is of another services.yaml'],
    ['that is no JSON', '{', 3, 'error: boot.json is no JSON [evidence]'],
    ['that is not there', undefined, 3, 'error: cannot read boot.json: there is no such file [file-unreadable]'],
  ])('a record %s', async (_, record, code, message) => {
    const ran = await local(record)
    expect(ran.code).toBe(code)
    expect(ran.out + ran.err).toContain(message)
  })
})
