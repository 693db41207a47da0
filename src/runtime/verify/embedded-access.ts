import type { Fleet } from '../../fleet/types.ts'
import { type Connection, connect, withCode } from '../../io/postgres.ts'
import { openPasswords } from '../embedded/passwords.ts'
import { poolerConsole } from '../embedded/pooler.ts'
import { superuser } from '../embedded/start-service.ts'
import type { StateFolder } from '../embedded/state-folder.ts'
import type { FleetAccess, ServerSession } from './access.ts'

/** The servers and poolers of a run of this machine, over their sockets. */
export async function embeddedAccess({ target }: Fleet, state: StateFolder): Promise<FleetAccess> {
  const passwords = await openPasswords(state.path)
  return {
    server: (service) => session(superuser(service, service.database)),
    pooler: target.pooler ? (service) => session(poolerConsole(service, passwords)) : (target.poolerMissing ?? 'there is no pooler here'),
  }
}

async function session(connection: Connection): Promise<ServerSession> {
  const client = await connect(connection)
  return {
    query: (text) => client.query(text),
    execute: async (statement) => {
      const failed = (error: unknown) => {
        throw withCode(error)
      }
      return (await client.query(statement).catch(failed)).rowCount ?? 0
    },
    end: () => client.end(),
  }
}
