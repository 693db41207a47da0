// A session of ours as its server knows it, so that another session can end it: a statement that runs cannot be called back otherwise.
import pg from 'pg'
import type { Service } from '../../fleet/types.ts'
import type { FleetAccess } from '../verify/access.ts'
import type { Queryable } from '../verify/verify-settings.ts'

export type Backend = { readonly pid: number; readonly since: string }

export async function backendOf(client: Queryable): Promise<Backend> {
  const { rows } = await client.query('SELECT pid, backend_start::text AS since FROM pg_stat_activity WHERE pid = pg_backend_pid()')
  const [{ pid, since }] = rows as [Backend]
  return { pid: Number(pid), since }
}

/** Ends it, and returns when it is gone, with all that it had not committed; false when it is not within ten seconds. */
export async function endBackend(access: FleetAccess, service: Service, { pid, since }: Backend): Promise<boolean> {
  const session = await access.server(service)
  try {
    const { rows } = await session.query(
      `SELECT pg_terminate_backend(pid, 10000) AS ended FROM pg_stat_activity WHERE pid = ${Number(pid)} AND backend_start = ${pg.escapeLiteral(since)}`,
    )
    return (rows as { ended: boolean }[]).every(({ ended }) => ended)
  } finally {
    await session.end().catch(() => {})
  }
}
