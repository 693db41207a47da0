import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { addressesOf, addressOf, planNetwork } from '../../src/fleet/network.ts'

test.each([
  ['10.77', 0, '10.77.0.0'],
  ['10.77', 258, '10.77.1.2'],
  ['10.77', 32768, '10.77.128.0'],
  ['10', 258, '10.0.1.2'],
  ['10', 8_388_608, '10.128.0.0'],
])('under %s, offset %d is %s', (base, offset, address) => expect(addressOf(base, offset)).toBe(address))

describe('a service', () => {
  const plan = planNetwork('10.77', 18)

  test('has the networks that its port says, wherever it stands in the file', () => {
    // 5432 modulo 1024 places is 312; 312 x 32 addresses are 9984, which is 39.0
    const { database, application, server, pooler, ops, poolerForApplications } = addressesOf(5432, plan)
    expect([database, application].map(({ offset, prefix }) => `${addressOf('10.77', offset)}/${prefix}`)).toEqual([
      '10.77.39.0/28',
      '10.77.39.16/28',
    ])
    expect([server, pooler, ops, poolerForApplications].map((offset) => addressOf('10.77', offset))).toEqual([
      '10.77.39.2',
      '10.77.39.3',
      '10.77.39.4',
      '10.77.39.18',
    ])
  })

  test('never shares an address with another one or with the edge network', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1024, max: 65535 }), fc.integer({ min: 1024, max: 65535 }), (a, b) => {
        const [one, other] = [addressesOf(a, plan), addressesOf(b, plan)]
        fc.pre(one.slot !== other.slot)
        expect(Math.abs(one.database.offset - other.database.offset)).toBeGreaterThanOrEqual(32)
        expect(one.application.offset + 16).toBeLessThanOrEqual(plan.edge.offset)
      }),
    )
  })
})

test.each([
  ['10.77', 2, 1024, '10.77.128.0/28'],
  ['10.77', 12, 1024, '10.77.128.0/28'],
  ['10.77', 13, 1024, '10.77.128.0/27'],
  ['10.77', 18, 1024, '10.77.128.0/27'],
  ['10.77', 200, 1024, '10.77.128.0/24'],
  ['10', 20000, 262144, '10.128.0.0/17'],
])('base %s for %d ends has %d places, and the edge network %s', (base, ends, slots, edge) => {
  const plan = planNetwork(base, ends)
  expect([plan.slots, `${addressOf(base, plan.edge.offset)}/${plan.edge.prefix}`]).toEqual([slots, edge])
})
