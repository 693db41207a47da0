// What out/ holds, booted unchanged: all of it is healthy, and nothing complains.
import { expect, test } from 'vitest'
import { clusterInImage } from '../../generators/compose/containers.ts'
import { docker } from '../support/docker.ts'
import { connect, containerOf, describeDocker, fleet, healthyAt, logsOf, project, superuserRun } from '../support/docker-fleet.ts'
import { containersOf, states } from '../support/docker-project.ts'
import { complaintsIn } from '../support/log-complaints.ts'

/** Lines of a boot that may stand in a log, and why. */
const allowed: readonly RegExp[] = []

describeDocker('the fleet of this repository in Docker', () => {
  test('has a healthy server and a healthy pooler for each service, none of them started twice', async () => {
    const found = await states(project.prefix)
    for (const { key } of fleet.services)
      for (const kind of ['postgres', 'pgbouncer'] as const)
        expect(found).toHaveProperty(containerOf(kind, key), { health: 'healthy', restarts: 0 })
    expect(Object.entries(found).filter(([, { health, restarts }]) => health !== 'healthy' || restarts > 0)).toEqual([])
  })

  test('boots without a warning, an error or worse in any log', async () => {
    const found: Record<string, string[]> = {}
    for (const container of await containersOf(project.prefix)) {
      const complaints = complaintsIn(await logsOf(container, healthyAt)).filter((line) => !allowed.some((known) => known.test(line)))
      if (complaints.length) found[container] = complaints
    }
    expect(found).toEqual({})
  })

  test('gives each server an identifier of its own, none that of the cluster in the image, and checksums', async () => {
    const query = "SELECT system_identifier || ' ' || current_setting('data_checksums') FROM pg_control_system()"
    const found = (await Promise.all(fleet.services.map(({ key }) => superuserRun(key, query)))).map((line) => line.trim())
    const inImage = await docker(['exec', '--user', '999', containerOf('postgres', 'users'), 'pg_controldata', clusterInImage])
    const original = /^Database system identifier: +(\d+)$/m.exec(inImage)?.[1]
    expect(original).toMatch(/^\d{19}$/)
    expect(found).toEqual(fleet.services.map(() => expect.stringMatching(/^\d{19} on$/)))
    expect(new Set([...found, `${original} on`]).size).toBe(fleet.services.length + 1)
  })

  test('a complaint of a server, of a pooler and of a script is found', async () => {
    await expect(superuserRun('users', 'SELECT 1 / 0')).rejects.toThrow('division by zero')
    expect(complaintsIn(await logsOf(containerOf('postgres', 'users'))).join('\n')).toMatch(/ ERROR: {2}division by zero/)

    await expect(connect({ key: 'users', via: 'pool', role: 'monitor' })).rejects.toThrow()
    expect(complaintsIn(await logsOf(containerOf('pgbouncer', 'users'))).join('\n')).toMatch(/ WARNING .*monitor/)

    const script = 'pgfleet: user 999 cannot read'
    expect(
      complaintsIn(`initdb: warning: x\n${script}\n\tERROR:  goes on\n2026-01-01 00:00:00.000 UTC [7] a@b/c d LOG:  ERROR:  quoted`),
    ).toEqual(['initdb: warning: x'])
  })
})
