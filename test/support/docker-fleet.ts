// The fleet of this repository as test/docker/setup.ts has booted it. A test that changes it puts it back.
import { describe, inject } from 'vitest'
import { composeTarget } from '../../src/fleet/targets.ts'
import { accessTo } from './docker-access.ts'
import type { Project } from './docker-project.ts'
import { repositoryFleet } from './repository-fleet.ts'

const run = inject('docker')

/** Groups tests that need the fleet: where there is no Docker they are skipped, by name. */
export const describeDocker = describe.skipIf(!run)

export const fleet = await repositoryFleet(composeTarget())

/** Prefix, bind address, folder of secrets and environment. Only inside tests: undefined where there is no Docker. */
export const project = run?.project as Project

/** When all was healthy, as ISO 8601: what the containers logged until then is the boot. */
export const healthyAt = run?.healthyAt

export const { containerOf, exec, superuserRun, superuserQuery, console, loginOf, connect, logsOf } = accessTo(fleet, project)
