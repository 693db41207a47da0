const folders = /^infrastructure\/(?:postgres|pgbouncer)\/([^/]+)\/[^/]+$/
const scripts = /^infrastructure\/postgres\/([^/]+)-db-init\.sql$/

/** Key of the service whose own file an artifact is: no other service has a part in it. Undefined for what services share. */
export const ownerOf = (artifact: string): string | undefined => folders.exec(artifact)?.[1] ?? scripts.exec(artifact)?.[1]
