// Password files: which logins each holds, and what becomes of lines that somebody else wrote.
import { applicationSecrets, hostPassfile, opsSecrets } from '../../fleet/secret-paths.ts'
import { containerPort } from '../../fleet/targets.ts'
import type { Application, Fleet, RoleKind, Service } from '../../fleet/types.ts'
import { type Login, passfileText } from '../../io/passfile.ts'

/** A login, and whose password it takes. */
export type ServiceLogin = Login & { readonly service: string; readonly kind: RoleKind }
type Passfile = { readonly path: string; readonly logins: readonly ServiceLogin[] }

/** All password files of a fleet: of each application, of the ops container, and of people on the host. */
export const passfiles = (fleet: Fleet): Passfile[] => [
  { path: hostPassfile, logins: fleet.services.flatMap(hostLogins) },
  { path: `${opsSecrets}/pgpass`, logins: fleet.services.flatMap(opsLogins) },
  ...fleet.applications.map((application) => ({
    path: `${applicationSecrets(application.name)}/pgpass`,
    logins: applicationLogins(fleet, application),
  })),
]

/** Through the published ports: the application role through the pooler, people and tools past it. */
export const hostLogins = (service: Service): ServiceLogin[] => [
  ...loginsOf(service, 'localhost', service.pool.port, 'app'),
  ...loginsOf(service, 'localhost', service.port, 'migrator', 'admin', 'read-only'),
]

const opsLogins = (service: Service) => loginsOf(service, service.host, service.listenPort, 'migrator', 'backup', 'monitor')

const applicationLogins = ({ services }: Fleet, { uses }: Application) =>
  services.filter(({ key }) => uses.includes(key)).flatMap((service) => loginsOf(service, service.pool.host, containerPort, 'app'))

const loginsOf = ({ key, database, roles }: Service, host: string, port: number, ...kinds: readonly RoleKind[]): ServiceLogin[] =>
  roles.filter(({ kind }) => kinds.includes(kind)).map(({ name, kind }) => ({ host, port, database, user: name, service: key, kind }))

/** The text of a password file: the fleet's lines, then those of the old text that are about no login of the fleet. */
export function mergedPassfile(
  logins: readonly ServiceLogin[],
  passwordOf: (service: string, role: string) => string,
  old: string,
): string {
  const own = logins.map((login) => passfileText([{ ...login, password: '' }]).trimEnd())
  const foreign = old.split('\n').filter((line) => line !== '' && !own.some((start) => line.startsWith(start)))
  const text = passfileText(logins.map((login) => ({ ...login, password: passwordOf(login.service, login.user) })))
  return text + foreign.map((line) => `${line}\n`).join('')
}
