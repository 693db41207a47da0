import { describe, expect, test } from 'vitest'
import { type Label, setLabels } from '../../src/io/github/labels.ts'
import { type CommitStatus, setStatus } from '../../src/io/github/status.ts'
import { invalid, refused } from './fake/call.ts'
import { addPull } from './fake/state.ts'
import { failureOf, onStage } from './setup.ts'

const stage = onStage()
const repo = { owner: 'acme', name: 'fleet' }

describe('labels', () => {
  const known: Label[] = ['reload', 'restart', 'destroy', 'security'].map((name) => ({
    name: `pgfleet:${name}`,
    color: 'd73a4a',
    description: name,
  }))
  const set = (wanted: string[]) => setLabels(stage.client(), { repo, number: 7, known, wanted })
  const pull = (...labels: string[]) => addPull(stage.fake.state, 7, { labels: new Set(labels) })

  test('those wanted and no other result; what people set stays', async () => {
    const { labels } = pull('bug', 'pgfleet:restart', 'pgfleet:reload', 'pgfleet:approved')
    expect(await set(['pgfleet:destroy', 'pgfleet:reload'])).toEqual({ added: ['pgfleet:destroy'], removed: ['pgfleet:restart'] })
    expect([...labels].sort()).toEqual(['bug', 'pgfleet:approved', 'pgfleet:destroy', 'pgfleet:reload'])
    expect(stage.fake.state.labels.get('pgfleet:destroy')).toEqual({ color: 'd73a4a', description: 'destroy' })
  })

  test('nothing to do writes nothing', async () => {
    pull('pgfleet:reload')
    expect(await set(['pgfleet:reload'])).toEqual({ added: [], removed: [] })
    expect(stage.fake.requests.map(({ operation }) => operation)).toEqual(['issues/list-labels-on-issue'])
  })

  test('a label of the repository keeps the colour that it was given', async () => {
    pull()
    stage.fake.state.labels.set('pgfleet:restart', { color: '000000', description: 'ours' })
    await set(['pgfleet:restart'])
    expect(stage.fake.state.labels.get('pgfleet:restart')).toEqual({ color: '000000', description: 'ours' })
  })

  test('among more labels than a page has', async () => {
    const { labels } = pull(...Array.from({ length: 120 }, (_, index) => `l${index}`), 'pgfleet:restart')
    expect(await set([])).toEqual({ added: [], removed: ['pgfleet:restart'] })
    expect(labels.size).toBe(120)
  })

  test('another run made the label, or took it off, meanwhile', async () => {
    const { labels } = pull('pgfleet:restart')
    stage.fake.before('issues/create-label', () => stage.fake.state.labels.set('pgfleet:destroy', { color: 'd73a4a', description: '' }))
    stage.fake.before('issues/remove-label', () => labels.delete('pgfleet:restart'))
    expect(await set(['pgfleet:destroy'])).toEqual({ added: ['pgfleet:destroy'], removed: ['pgfleet:restart'] })
    expect([...labels]).toEqual(['pgfleet:destroy'])
  })

  test('a token that may not make labels still sets them', async () => {
    const { labels } = pull()
    stage.fake.faults.push({ operation: 'issues/create-label', answer: refused(403, 'Resource not accessible by integration') })
    await set(['pgfleet:destroy'])
    expect([...labels]).toEqual(['pgfleet:destroy'])
  })

  test('a refusal is said', async () => {
    pull()
    stage.fake.faults.push({ operation: 'issues/add-labels', answer: invalid('Label', 'name', 'invalid') })
    expect(await failureOf(set(['pgfleet:destroy']))).toContain('github-refused: cannot set the labels of #7: Validation Failed')
  })
})

describe('status', () => {
  const status: CommitStatus = {
    repo,
    sha: 'b'.repeat(40),
    state: 'success',
    context: 'pgfleet/services.yaml',
    description: 'reload',
    url: 'https://x.test/1',
  }
  const set = (more: Partial<CommitStatus> = {}) => setStatus(stage.client(), { ...status, ...more })
  const last = () => stage.fake.state.statuses.at(-1)

  test('is set once', async () => {
    expect(await set()).toBe('set')
    expect(await set()).toBe('unchanged')
    expect(await set({ state: 'failure' })).toBe('set')
    expect(await set({ context: 'pgfleet/other.yaml' })).toBe('set')
    expect(stage.fake.state.statuses).toHaveLength(3)
  })

  test.each([
    ['x'.repeat(140), 'x'.repeat(140)],
    ['x'.repeat(141), `${'x'.repeat(139)}…`],
    [`${'x'.repeat(138)}😀😀`, `${'x'.repeat(138)}…`],
    ['😀'.repeat(80), `${'😀'.repeat(69)}…`],
  ])('a description of %j fits, and no character is cut', async (description, shortened) => {
    await set({ description })
    expect(last()?.description).toBe(shortened)
  })

  test('is found behind a hundred others', async () => {
    for (let index = 0; index < 120; index++) {
      const { sha, state, description, url } = status
      stage.fake.state.statuses.push({ id: index, sha, state, context: `c${index}`, description, target_url: url! })
    }
    expect(await set({ context: 'c119' })).toBe('unchanged')
  })
})
