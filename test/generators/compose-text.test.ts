import { describe, expect, test } from 'vitest'
import { compose } from '../../generators/compose/compose.ts'
import { embeddedTarget } from '../../src/fleet/targets.ts'
import { composeFileOf } from '../support/compose-file.ts'
import { fleetOf, smallFleet } from '../support/fleet.ts'

describe('strings of the user are text: no variable, no YAML', () => {
  // 0:0 and on are a number and a truth value for the reader of Compose, which knows YAML 1.1.
  test.each(['a$b', '$' + '{HOME:-x}', '$$', 'q"u\'o', 'k: {#', '- &x *y', 'on', '0:0', '1e3', '~', '<<', ' '])('%s', async (text) => {
    const fleet = await fleetOf(smallFleet('', 'applications:\n  web: { image: "registry.example/web", uses: [orders] }'))
    const artifacts = [
      ...compose.generate({
        ...fleet,
        services: fleet.services.map((service) => ({ ...service, database: text, summary: `${text}\n  two:` })),
        applications: fleet.applications.map((application) => ({ ...application, image: text })),
      }),
    ]
    const printed = artifacts.find(({ kind }) => kind === 'compose')!.content
    const { services } = composeFileOf(printed)
    expect(services['postgres-orders']?.environment.PGFLEET_DATABASE).toBe(text)
    expect(services.web?.image).toBe(text)
    expect(Object.keys(services)).toEqual(['postgres-orders', 'pgbouncer-orders', 'ops', 'web'])
    expect(printed).toContain(`# orders: ${text} `)
  })
})

test('the embedded runtime has no containers', async () => {
  const target = embeddedTarget({ stateDir: '/tmp/state', portOffset: 0 })
  expect([...compose.generate(await fleetOf(smallFleet(), {}, target))]).toEqual([])
})
