import type { ComposeProject } from '../compose/project.ts'
import { poolerConsole, superuserQueries } from '../compose/sql.ts'
import type { FleetAccess } from './access.ts'

/** The servers and poolers of a project, asked inside of their containers. */
export const composeAccess = (project: ComposeProject): FleetAccess => ({
  server: async (service) => superuserQueries(project, service),
  pooler: async (service) => poolerConsole(project, service),
})
