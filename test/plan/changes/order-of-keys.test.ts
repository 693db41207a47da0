// The order of keys and of lists says nothing, but for the search path.
import { expect, test } from 'vitest'
import { base } from '../../impact/base.ts'
import { diffOf } from '../../support/changes-of.ts'

const { services, roles } = base.config
const backwards = <T extends object>(map: T) => Object.fromEntries(Object.entries(map).reverse())
const visits = { 'services/orders/retention/orders.visits': { column: 'at', keep: '3 days' } }
const second = { 'services/orders/jobs/again': { schedule: '5 * * * *', call: 'CALL orders.tidy()' } }

test.each<[string, Record<string, unknown>, Record<string, unknown>]>([
  ['services', { services: backwards(services) }, {}],
  ['roles', { roles: backwards(roles!) }, {}],
  ['readable', { 'services/orders/readable': ['orders.log', 'orders.items'] }, {}],
  ['what an application uses', { 'applications/shop/uses': ['stock', 'orders'] }, { 'applications/shop/uses': ['orders', 'stock'] }],
  [
    'rules of retention',
    {
      'services/orders/retention': backwards({
        ...services['orders']!.retention,
        ...{ 'orders.visits': { column: 'at', keep: '3 days' } },
      }),
    },
    visits,
  ],
  [
    'jobs',
    { 'services/orders/jobs': backwards({ ...services['orders']!.jobs, again: { schedule: '5 * * * *', call: 'CALL orders.tidy()' } }) },
    second,
  ],
])('%s in another order', async (_, set, given) => {
  expect(await diffOf({ set }, { set: given })).toMatchObject({ changes: [], containers: [] })
})

test('the statement timeout of a role in another unit', async () => {
  const timeout = (text: string) => ({ set: { 'roles/reader/statement_timeout': text } })
  expect((await diffOf(timeout('1 hour'), timeout('60 minutes'))).changes).toEqual([])
})
