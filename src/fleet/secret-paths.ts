// Layout of the git-ignored secrets folder, for those who write it and those who mount it. Each container sees its own folder only.

/**
 * What a server's container gets: `tls/ca.crt`, `tls/server.crt` (for its host name and for localhost), `tls/server.key`, and
 * `verifiers/<role>` with the SCRAM verifier of each role that has a password.
 */
export const serverSecrets = (service: string): string => `services/${service}/server`

/** What a pooler's container gets: `tls/ca.crt`, `tls/server.crt`, `tls/server.key`; the certificate is for clients and for the server. */
export const poolerSecrets = (service: string): string => `services/${service}/pooler`

/** What an application's container gets: `ca.crt`, and `pgpass` with a line per database it uses. */
export const applicationSecrets = (application: string): string => `applications/${application}`

/** What the ops container gets: `ca.crt`, and `pgpass` with a line per server and role that works there. */
export const opsSecrets = 'ops'

/** Certificate of the authority, for people and tools on the host. */
export const authorityCertificate = 'ca.crt'

/** Key of the authority: whoever has it can pass for every server. No container gets it. */
export const authorityKey = 'ca.key'

/** Password file for people and tools on the host: https://www.postgresql.org/docs/current/libpq-pgpass.html */
export const hostPassfile = 'pgpass'

/** A password in clear text, for pgfleet itself: verifiers and password files are made from it. */
export const passwordFile = (service: string, role: string): string => `passwords/${service}/${role}`

/** The verifier of a role, as the server's container gets it. */
export const verifierFile = (service: string, role: string): string => `${serverSecrets(service)}/verifiers/${role}`

/** Where a container finds its folder: readable there by whoever owns it on the host, and by nobody else. */
export const secretsMount = '/run/secrets/pgfleet'
