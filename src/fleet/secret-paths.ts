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

/** Certificate of the authority, for people and tools on the host. */
export const authorityCertificate = 'ca.crt'

/** Where a container finds its folder: readable there by whoever owns it on the host, and by nobody else. */
export const secretsMount = '/run/secrets/pgfleet'
