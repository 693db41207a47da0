// The fake itself: that it sees what it is there to see.
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { refused } from './fake/call.ts'
import { operationOf, requestProblems, responseProblems } from './fake/contract.ts'
import { type Fake, startFake } from './fake/fake.ts'
import { addComment, addPull, people } from './fake/state.ts'
import { tokensOutside } from './setup.ts'

let fake: Fake
beforeEach(async () => {
  fake = await startFake({ bodyLimit: 100 })
  addPull(fake.state, 7)
})
afterEach(() => fake.close())

const ask = async (method: string, path: string, body?: unknown, token = 'ghs_actions-write') => {
  const headers = { authorization: `token ${token}`, 'user-agent': 'pgfleet/test' }
  const response = await fetch(fake.apiUrl + path, { method, headers, ...(body !== undefined && { body: JSON.stringify(body) }) })
  return { status: response.status, link: response.headers.get('link'), body: (await response.json().catch(() => undefined)) as never }
}
const comments = '/repos/acme/fleet/issues/7/comments'

describe('breaches of the contract are seen', () => {
  test.each([
    ['an unknown route', 'GET', '/repos/acme/fleet/hooks', undefined, 'unknown route: GET /repos/acme/fleet/hooks'],
    [
      'an unknown parameter',
      'GET',
      `${comments}?per-page=100`,
      undefined,
      'issues/list-comments query must NOT have additional properties',
    ],
    ['a parameter of the wrong type', 'GET', `${comments}?page=two`, undefined, 'issues/list-comments query/page must be integer'],
    ['a field that is missing', 'POST', comments, {}, "issues/create-comment body must have required property 'body'"],
    ['a field of the wrong type', 'POST', comments, { body: 1 }, 'issues/create-comment body/body must be string'],
    ['an unknown field', 'POST', comments, { body: 'x', text: 'y' }, 'issues/create-comment body has unknown text'],
    ['a body where none belongs', 'DELETE', '/repos/acme/fleet/issues/comments/1', { x: 1 }, 'issues/delete-comment takes no body'],
    ['an unknown question', 'POST', '/graphql', { query: 'query { rateLimit { cost } }' }, 'unknown GraphQL: query { rateLimit { cost } }'],
  ])('%s', async (_, method, path, body, problem) => {
    await ask(method, path, body)
    expect(fake.problems).toContain(problem)
  })

  test('in an answer of its own', () => {
    const { operation } = operationOf('GET', comments)!
    expect(responseProblems(operation, 200, [{ id: 'x' }])).toContain('issues/list-comments 200/0/id must be integer')
    expect(responseProblems(operation, 201, [])).toEqual(['issues/list-comments never answers 201'])
    expect(responseProblems(operation, 500, { error: 1 })).toEqual([])
    expect(responseProblems(operation, 500, { message: 1 })).toEqual(['error/message must be string'])
    expect(
      requestProblems(operation, { owner: 'a', repo: 'b', issue_number: '7' }, new URLSearchParams('per_page=100'), undefined),
    ).toEqual([])
  })

  test('a token that went astray', async () => {
    await ask('POST', comments, { body: 'ghs_actions-write' })
    expect(tokensOutside(fake, [])).toHaveLength(1)
    expect(tokensOutside({ requests: [] }, ['token ghs_actions-write'])).toHaveLength(1)
  })
})

describe('it refuses as GitHub does', () => {
  test('who nobody knows, and who may only read', async () => {
    expect(await ask('GET', comments, undefined, 'ghs_other')).toMatchObject({ status: 401, body: { message: 'Bad credentials' } })
    expect(await ask('POST', comments, { body: 'x' }, 'ghs_actions-read')).toMatchObject({
      status: 403,
      body: { message: 'Resource not accessible by integration' },
    })
    expect(await ask('GET', comments, undefined, 'ghs_actions-read')).toMatchObject({ status: 200 })
  })

  test('a body by its bytes, with the words that GitHub has for it', async () => {
    expect(await ask('POST', comments, { body: 'é'.repeat(50) })).toMatchObject({ status: 201 })
    expect(await ask('POST', comments, { body: `${'é'.repeat(50)}x` })).toMatchObject({
      status: 422,
      body: {
        message: 'Validation Failed',
        errors: [
          { resource: 'IssueComment', code: 'unprocessable', field: 'data', message: 'Body is too long (maximum is 65536 characters)' },
        ],
      },
    })
  })

  test.each([
    ['a label', '/repos/acme/fleet/labels', { name: 'x'.repeat(51), color: 'ffffff' }],
    ['a colour', '/repos/acme/fleet/labels', { name: 'x', color: '#ffffff' }],
    ['a label that is there', '/repos/acme/fleet/labels', { name: 'there', color: 'ffffff' }],
    ['a status', `/repos/acme/fleet/statuses/${'b'.repeat(40)}`, { state: 'success', description: 'x'.repeat(141) }],
  ])('%s', async (_, path, body) => {
    fake.state.labels.set('there', { color: 'ffffff', description: '' })
    expect(await ask('POST', path, body)).toMatchObject({ status: 422 })
  })
})

test.each([
  ['', 30, 9],
  ['?per_page=100', 100, 3],
  ['?per_page=500', 100, 3],
  ['?per_page=100&page=3', 50, undefined],
])('pages: %s', async (query, length, last) => {
  for (let index = 0; index < 250; index++) addComment(fake.state, fake.state.pulls.get(7)!, people.alice, 'x')
  const answer = await ask('GET', comments + query)
  expect(answer.body).toHaveLength(length)
  if (last === undefined) expect(answer.link).not.toContain('rel="next"')
  else expect(answer.link).toMatch(new RegExp(`page=2[^>]*>; rel="next", <[^>]*page=${last}[^>]*>; rel="last"$`))
})

test('a fault is used up by one request', async () => {
  fake.faults.push({ operation: 'issues/list-comments', answer: refused(500, 'Server Error') })
  expect((await ask('GET', comments)).status).toBe(500)
  expect((await ask('GET', comments)).status).toBe(200)
  expect(fake.problems).toEqual([])
})
