// Makes changes of test/impact on a fleet that runs, does what their classes say, and compares what is noticed with what they say.
import type { Client } from 'pg'
import { expect } from 'vitest'
import { impacts } from '../../src/plan/changes/impact.ts'
import type { Fate, FleetChange } from '../impact/changes.ts'
import { changedBetween, type ImpactFleet, settingsOf } from './impact-fleet.ts'

const services = ['orders', 'stock'] as const
const started = ['ops', ...services.flatMap((key) => [`postgres-${key}`, `pgbouncer-${key}`])]

export type More = {
  /** Looks at more after `apply`, when nothing has been started anew yet. */
  readonly applied?: () => Promise<void>
  /** What is left to be done by hand: SQL by service. */
  readonly byHand?: Readonly<Record<string, readonly string[]>>
}

/**
 * Several changes at once, which do not touch each other. At the end `apply` finds nothing left to do, and `verify` finds everything as
 * declared; where there is something left by hand it must have told that.
 */
export async function play(fleet: ImpactFleet, rows: readonly FleetChange[], { applied, byHand }: More = {}): Promise<void> {
  const fates = new Map(
    [...started, ...rows.flatMap(({ containers }) => Object.keys(containers))].map((name) => [name, fateOf(rows, name)] as const),
  )
  const said = (...wanted: Fate[]) => [...fates].flatMap(([name, fate]) => (wanted.includes(fate) ? [name] : [])).sort()
  const [restarted, recreated] = [said('restart', 'pooler-restart'), said('recreate').filter((name) => started.includes(name))]

  const before = await fleet.containers()
  const clients = await hold(fleet)
  const held = services.map((key) => ({ key, session: fleet.session(key) }))
  try {
    const compare = await Promise.all(held.map(({ key, session }) => lookAt(fleet, key, session, rows)))
    await fleet.change(rows)
    const { code, services, restarts } = await fleet.apply()
    // A server that is not there yet cannot be asked.
    const there = services.filter(({ service }) => fates.get(`postgres-${service}`) !== 'created')
    expect(there.flatMap(({ failures }) => failures)).toEqual([])
    expect(code).toBe(there.length < services.length ? 3 : restarted.length + recreated.length > 0 ? 1 : 0)
    for (const each of compare) await each()
    expect(await fleet.containers()).toEqual(before)
    expect(await clients.alive()).toEqual({ direct: true, pooled: true })
    await applied?.()

    const outdated = restarts
      .filter(({ command }) => command.startsWith('pgfleet up'))
      .map(({ container }) => fleet.composeService(container))
    // A pooler goes with its server.
    const following = outdated.map((name) => name.replace(/^postgres-/, 'pgbouncer-'))
    expect([...new Set([...outdated, ...following])].sort()).toEqual([...recreated, ...said('created')].sort())
    for (const name of restarted) await fleet.restart(name)
    if (outdated.length + restarted.length > 0) await fleet.expectClean('up', '--runtime', 'compose')
    const after = await fleet.containers()
    const differ = (field: 'id' | 'startedAt') =>
      [...before.keys()].filter((name) => before.get(name)![field] !== after.get(name)?.[field]).sort()
    expect(differ('id')).toEqual(recreated)
    expect(differ('startedAt')).toEqual([...restarted, ...recreated].sort())
    expect([...after.keys()].filter((name) => !before.has(name)).sort()).toEqual(said('created'))
    const anew = (name: string) => differ('startedAt').includes(name)
    expect(await clients.alive()).toEqual({ direct: !anew('postgres-orders'), pooled: !anew('pgbouncer-orders') })
  } finally {
    await clients.end()
    await Promise.all(held.map(({ session }) => session.end().catch(() => {})))
  }
  expect(await fleet.apply()).toMatchObject({ code: 0, restarts: [] })
  if (byHand) expect((await fleet.run('verify', '--runtime', 'compose')).code).toBe(1)
  for (const [key, statements] of Object.entries(byHand ?? {})) for (const statement of statements) await fleet.execute(key, statement)
  await fleet.expectClean('verify', '--runtime', 'compose')
}

/** The gravest that rows say of a container. */
function fateOf(rows: readonly FleetChange[], container: string): Fate {
  const order = (fate: Fate) => (fate === 'created' || fate === 'removed' ? impacts.length : impacts.indexOf(fate))
  return rows.map(({ containers }) => containers[container] ?? 'none').reduce((a, b) => (order(a) < order(b) ? b : a), 'none')
}

/** Looks at a server and its pooler; what it gives compares what they have then with what rows say. */
async function lookAt(fleet: ImpactFleet, key: string, session: ReturnType<ImpactFleet['session']>, rows: readonly FleetChange[]) {
  const before = { open: await settingsOf(session), fresh: await fleet.settings(key), pooler: await fleet.pooler(key) }
  const [reload, later, restart] = (['reload', 'new-sessions', 'restart'] as const).map((impact) => settingsSaid(rows, key, impact))
  return async () => {
    expect({
      key,
      inOpenSessions: changedBetween(before.open, await settingsOf(session)),
      inNewSessions: changedBetween(before.fresh, await fleet.settings(key)),
      pending: await fleet.pending(key),
      inPooler: changedBetween(before.pooler, await fleet.pooler(key)).length > 0,
    }).toEqual({
      key,
      inOpenSessions: reload,
      inNewSessions: [...reload!, ...later!].sort(),
      pending: restart,
      inPooler: rows.some((row) => isSeenInPooler(row, key)),
    })
  }
}

/** Settings of a server that have this impact. */
function settingsSaid(rows: readonly FleetChange[], key: string, impact: 'reload' | 'new-sessions' | 'restart'): string[] {
  const expected = rows.flatMap(({ expect }) => expect)
  const names = expected
    // A loss by a setting (durability) comes at a reload.
    .filter((each) => (each.impact === 'destroy' ? 'reload' : each.impact) === impact)
    .flatMap(({ target }) => (target.startsWith(`${key}/setting/`) ? [target.slice(`${key}/setting/`.length)] : []))
    // Those of a library that is not loaded yet are known to nobody.
    .filter((name) => !expected.some((each) => each.impact !== 'destroy' && each.target === `${key}/extension/${name.split('.')[0]}`))
  // ALTER DATABASE SET search_path names the schemas.
  const schemas = expected.some(({ target }) => target.startsWith(`${key}/schema/`) || target === `${key}/search_path`)
  return [...new Set([...names, ...(schemas && impact === 'new-sessions' ? ['search_path'] : [])])].sort()
}

/** Whether a change is seen on the console: a published port is not. */
const isSeenInPooler = ({ expect }: FleetChange, key: string): boolean =>
  expect.some(({ target }) => target.startsWith(`${key}/pool/`) && target !== `${key}/pool/port`)

/** Clients of `orders` that are there before a change, past the pool and through it. */
async function hold(fleet: ImpactFleet) {
  const direct = await fleet.connect({ key: 'orders', via: 'direct', role: 'shop_orders_migrator' })
  const pooled = await fleet.connect({ key: 'orders', via: 'pool', role: fleet.applicationRole('orders') })
  const works = (client: Client) =>
    client.query('SELECT 1').then(
      () => true,
      () => false,
    )
  const alive = async () => ({ direct: await works(direct), pooled: await works(pooled) })
  await alive()
  return { alive, end: () => Promise.all([direct, pooled].map((client) => client.end().catch(() => {}))) }
}
