// What the secrets folder of a fleet holds: pairs of key and certificate, passwords, verifiers, password files.
import { passwordRoles } from '../../fleet/roles.ts'
import {
  applicationSecrets,
  authorityCertificate,
  authorityKey,
  opsSecrets,
  passwordFile,
  poolerSecrets,
  serverSecrets,
  verifierFile,
} from '../../fleet/secret-paths.ts'
import type { Fleet, Service } from '../../fleet/types.ts'
import type { Subject } from './authority.ts'
import { passfiles } from './passfiles.ts'

/** The certificate of a server or a pooler, and where its files lie. */
export type WantedPair = {
  readonly of: 'server' | 'pooler'
  readonly service: string
  readonly subject: Subject
  readonly folder: string
  readonly certificate: string
  readonly key: string
}

export const pairsOf = ({ key, host, pool }: Service): readonly [server: WantedPair, pooler: WantedPair] => [
  pair('server', key, { names: [host, 'localhost'], client: false }, serverSecrets(key)),
  // Its common name is what pg_ident.conf maps to the role that looks passwords up.
  pair('pooler', key, { names: [pool.host, 'localhost'], client: true }, poolerSecrets(key)),
]

function pair(of: WantedPair['of'], service: string, subject: Subject, folder: string): WantedPair {
  return { of, service, subject, folder, certificate: `${folder}/tls/server.crt`, key: `${folder}/tls/server.key` }
}

/** Every place that gets a copy of the authority's certificate. */
export const authorityCopies = ({ services, applications }: Fleet): string[] => [
  ...services.flatMap((service) => pairsOf(service).map(({ folder }) => `${folder}/tls/ca.crt`)),
  ...applications.map(({ name }) => `${applicationSecrets(name)}/ca.crt`),
  `${opsSecrets}/ca.crt`,
]

/** Every file of the folder, by its path. */
export const wantedFiles = (fleet: Fleet): string[] => [
  authorityKey,
  authorityCertificate,
  ...authorityCopies(fleet),
  ...passfiles(fleet).map(({ path }) => path),
  ...fleet.services.flatMap((service) => [
    ...pairsOf(service).flatMap(({ key, certificate }) => [key, certificate]),
    ...passwordRoles(service).flatMap(({ name }) => [passwordFile(service.key, name), verifierFile(service.key, name)]),
  ]),
]
