// Two copies of the whole fleet on one machine: another prefix, address and subnet base, and nothing of the one touches the other.
import { rmSync } from 'node:fs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { dockerLines } from '../support/docker.ts'
import { accessTo } from '../support/docker-access.ts'
import { connect, containerOf, describeDocker, fleet, project, superuserQuery } from '../support/docker-fleet.ts'
import { boot, buildImages, containersOf, copyOf, type Project, remove, states } from '../support/docker-project.ts'
import { makeSecrets } from '../support/docker-secrets.ts'

const app = (key: string) => fleet.services.find((service) => service.key === key)!.roles.find(({ kind }) => kind === 'app')!.name
const startTimes = async () =>
  dockerLines(['inspect', '--format', '{{.Name}} {{.State.StartedAt}}', ...(await containersOf(project.prefix))])

describeDocker('a second copy beside the first', () => {
  let second: Project
  let before: string[]

  beforeAll(async () => {
    second = copyOf(project)
    before = await startTimes()
    await remove(second.prefix)
    makeSecrets('services.yaml', second.secrets)
    await buildImages(second)
    const seconds = await boot(second)
    console.log(`The second copy is healthy after ${seconds.toFixed(1)} s`)
  })
  afterAll(async () => {
    await remove(second.prefix)
    rmSync(second.secrets, { recursive: true, force: true })
  })

  test('has the same containers under its own names, all healthy', async () => {
    const own = (names: readonly string[], prefix: string) => names.map((name) => name.slice(prefix.length)).sort()
    const found = await states(second.prefix)
    expect(own(Object.keys(found), second.prefix)).toEqual(own(await containersOf(project.prefix), project.prefix))
    expect(Object.entries(found).filter(([, { health }]) => health !== 'healthy')).toEqual([])
  })

  test('answers on its own address with its own passwords, and holds its own rows', async () => {
    const there = accessTo(fleet, second)
    const client = await there.connect({ key: 'users', via: 'pool', role: app('users') })
    expect((await client.query('SELECT current_database()')).rows).toEqual([{ current_database: 'treum_users' }])
    await client.end()
    await there.superuserRun('users', 'CREATE TABLE public.only_in_the_second ()')
    const query = "SELECT to_regclass('public.only_in_the_second')::text AS found"
    expect(await there.superuserQuery('users', query)).toEqual([{ found: 'public.only_in_the_second' }])
    expect(await superuserQuery('users', query)).toEqual([{ found: null }])
  })

  test('refuses the passwords and the certificates of the first', async () => {
    const mixed = accessTo(fleet, { ...project, bind: second.bind })
    await expect(mixed.connect({ key: 'users', via: 'pool', role: app('users') })).rejects.toThrow(
      /self-signed certificate|unable to verify|certificate signature failure/,
    )
  })

  test('can be removed, and the first has not noticed', async () => {
    await remove(second.prefix)
    for (const kind of ['network', 'volume'])
      expect((await dockerLines([kind, 'ls', '--format', '{{.Name}}'])).filter((name) => name.startsWith(`${second.prefix}_`))).toEqual([])
    expect(await startTimes()).toEqual(before)
    const client = await connect({ key: 'users', via: 'pool', role: app('users') })
    await client.end()
    expect((await states(project.prefix))[containerOf('postgres', 'users')]).toEqual({ health: 'healthy', restarts: 0 })
  })

  test('under the subnet base of the first it does not start', async () => {
    const clash = copyOf(project, { subnetBase: project.subnetBase })
    await expect(boot(clash)).rejects.toThrow('overlaps')
    expect(await containersOf(clash.prefix)).toEqual([])
  })
})
