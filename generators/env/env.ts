import { type Artifact, header } from '../../src/artifact.ts'
import { authorityCertificate, secretsMount } from '../../src/fleet/secret-paths.ts'
import { containerPort } from '../../src/fleet/targets.ts'
import type { Application, Fleet, Role, Service } from '../../src/fleet/types.ts'
import type { Generator } from '../generator.ts'
import { lineComment, urlPart } from '../quote.ts'
import { render } from './application.env.hbs'

export const env: Generator = {
  name: 'env',
  summary: 'Connection strings of each application, without passwords',
  // It names poolers by their host names, which are those of containers.
  generate: (fleet) => (fleet.target.name === 'compose' ? fleet.applications.map((application) => artifact(fleet, application)) : []),
}

const artifact = (fleet: Fleet, application: Application): Artifact => {
  const used = fleet.services.filter(({ key }) => application.uses.includes(key))
  return {
    path: `env/${application.name}.env`,
    kind: 'env',
    mode: 0o644,
    content: render({
      header,
      name: application.name,
      passfile: `${secretsMount}/pgpass`,
      databases: used.map(database),
    }),
  }
}

const database = (service: Service) => {
  const { key, summary, pool, port } = service
  return {
    comment: lineComment(summary === '' ? key : `${key}: ${summary}`),
    variable: `DATABASE_URL_${key.toUpperCase().replaceAll('-', '_')}`,
    pooled: url(service, 'app', `${pool.host}:${containerPort}`, `${secretsMount}/${authorityCertificate}`),
    direct: url(service, 'migrator', `localhost:${port}`, `secrets/${authorityCertificate}`),
  }
}

/** A connection URI of libpq: https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-CONNSTRING-URIS */
function url(service: Service, kind: Role['kind'], authority: string, certificate: string): string {
  const role = service.roles.find((role) => role.kind === kind)
  if (!role) throw new Error(`${service.key} has no ${kind} role`)
  return `postgresql://${urlPart(role.name)}@${authority}/${urlPart(service.database)}?sslmode=verify-full&sslrootcert=${certificate}`
}
