/**
 * Paths as the pooler's process sees them in its container. The first two are read-only mounts of folders of `out/`, the others are tmpfs.
 * The server's own are the `paths` of its target.
 */
export const poolerPaths = {
  /** `infrastructure/pgbouncer/<service>`: pgbouncer.ini. */
  config: '/etc/pgfleet/config',
  /**
   * `infrastructure/postgres`, for the connection-pools.conf that all poolers share. Its neighbours (the configuration and init SQL of the
   * servers) are seen, too: they hold no secret, and a mount of the single file would miss its replacement.
   */
  shared: '/etc/pgfleet/shared',
  /** ca.crt, server.crt and server.key: one certificate, shown to clients and to the server. */
  tls: '/run/pgfleet/tls',
  /** Unix socket of the admin console. */
  socket: '/run/pgbouncer',
} as const
