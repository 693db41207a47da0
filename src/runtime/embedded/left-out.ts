import type { LeftOut, Service, Target } from '../../fleet/types.ts'

/** What a service has elsewhere and not here, and why. */
export function leftOutHere(service: Service, target: Target): LeftOut[] {
  const jobs = service.jobs.length
  const { pool } = service
  return [
    ...service.leftOut,
    ...(target.pooler ? [] : [{ what: `pool on port ${pool.port}`, why: 'PgBouncer comes with containers; connect to the server itself' }]),
    ...(target.tls ? [] : [{ what: 'TLS', why: 'connections do not leave this machine' }]),
    ...(target.scheduler || jobs === 0
      ? []
      : [{ what: `${jobs} scheduled job${jobs === 1 ? '' : 's'}`, why: 'nothing runs on a clock here' }]),
  ]
}
