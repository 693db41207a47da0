import { describe, expect, test } from 'vitest'
import { composeProject, opsContainer, poolerContainer, serverContainer } from '../../../src/runtime/compose/project.ts'
import { fleetOf, smallFleet } from '../../support/fleet.ts'

const fleet = await fleetOf(smallFleet())
const project = (environment: Record<string, string | undefined> = {}, secrets?: string) =>
  composeProject(fleet, { out: '/srv/fleet/out', environment, secrets })

test('what the fleet says, where nothing else does', () => {
  expect(project({ PATH: '/bin', PGFLEET_PREFIX: '' })).toEqual({
    file: '/srv/fleet/out/docker-compose.separated-databases.yml',
    name: 'demo',
    bind: '127.0.0.1',
    subnetBase: '10.77',
    secrets: '/srv/fleet/secrets',
    environment: {
      PATH: '/bin',
      PGFLEET_PREFIX: 'demo',
      PGFLEET_BIND: '127.0.0.1',
      PGFLEET_SUBNET_BASE: '10.77',
      PGFLEET_SECRETS: '/srv/fleet/secrets',
    },
  })
})

test('variables move everything; a relative folder counts from the compose file; the command line goes first', () => {
  const moved = project({ PGFLEET_PREFIX: 'second', PGFLEET_BIND: '127.0.0.2', PGFLEET_SUBNET_BASE: '10.78', PGFLEET_SECRETS: '../other' })
  expect(moved).toMatchObject({ name: 'second', bind: '127.0.0.2', subnetBase: '10.78', secrets: '/srv/fleet/other' })
  expect([serverContainer(moved, 'price-history'), poolerContainer(moved, 'price-history'), opsContainer(moved)]).toEqual([
    'second_postgres_price_history',
    'second_pgbouncer_price_history',
    'second_ops',
  ])
  expect(project({ PGFLEET_SECRETS: '../other' }, '/named').secrets).toBe('/named')
})

test('variables of Compose itself do not choose another file, project or profile', () => {
  const { environment } = project({ COMPOSE_FILE: 'x', COMPOSE_PROJECT_NAME: 'x', COMPOSE_PROFILES: 'x', DOCKER_HOST: 'ssh://host' })
  expect(Object.keys(environment).sort()).toEqual([
    'DOCKER_HOST',
    'PGFLEET_BIND',
    'PGFLEET_PREFIX',
    'PGFLEET_SECRETS',
    'PGFLEET_SUBNET_BASE',
  ])
})

describe('values that no container could be started with', () => {
  test.each([
    ['PGFLEET_PREFIX', 'Second'],
    ['PGFLEET_PREFIX', '-x'],
    ['PGFLEET_PREFIX', 'a b'],
    ['PGFLEET_BIND', 'localhost'],
    ['PGFLEET_BIND', '127.0.0.256'],
    ['PGFLEET_BIND', '0.0.0.0'],
    ['PGFLEET_BIND', '192.0.2.1'],
    ['PGFLEET_SUBNET_BASE', '10'],
    ['PGFLEET_SUBNET_BASE', '10.77.1'],
    ['PGFLEET_SUBNET_BASE', '10.256'],
    ['PGFLEET_SUBNET_BASE', '10.07'],
    ['PGFLEET_SUBNET_BASE', '10.x'],
  ])('%s=%s', (name, value) => {
    expect(() => project({ [name]: value })).toThrow(new RegExp(`^${name} is ${JSON.stringify(value)}: expected is `))
  })
})
