import type { LeftOut, Service, Target } from '../../fleet/types.ts'

/** What a service has elsewhere and not here, and why. */
export function leftOutHere(service: Service, target: Target): LeftOut[] {
  return [
    ...service.leftOut,
    ...(target.pooler
      ? []
      : [{ what: 'pool', why: `${target.poolerMissing ?? 'PgBouncer comes with containers'}; connect to the server itself` }]),
    ...(target.tls ? [] : [{ what: 'TLS', why: 'connections do not leave this machine' }]),
    ...(target.scheduler || service.jobs.length === 0 ? [] : [{ what: 'scheduled jobs', why: 'nothing runs on a clock here' }]),
  ]
}
