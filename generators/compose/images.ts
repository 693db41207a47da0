import { type Artifact, header } from '../../src/artifact.ts'
import type { Major } from '../../src/fleet/catalog.ts'
import { poolerUser, serverUser } from '../../src/fleet/container-names.ts'
import { poolerPaths } from '../../src/fleet/container-paths.ts'
import { packageSuffixes } from '../../src/fleet/debian-packages.ts'
import type { Fleet, Service } from '../../src/fleet/types.ts'
import { sha256 } from '../../src/sha256.ts'
import { buildContext, clusterInImage, dataVolume } from './containers.ts'
import { render as renderPgbouncerDockerfile } from './pgbouncer.Dockerfile.hbs'
import { render as renderPostgresDockerfile } from './postgres.Dockerfile.hbs'
import { poolerScripts, serverScripts } from './scripts.ts'
import { prefix, variable } from './variables.ts'

/** An image that the fleet builds. */
export type Image = {
  /** Anchor in the compose file. */
  readonly anchor: string
  /** Name of the image. It changes with the Dockerfile and the scripts, so that `up` builds it anew then. */
  readonly name: string
  readonly build: { readonly context: string; readonly dockerfile: string; readonly args: Readonly<Record<string, string>> }
  readonly artifact: Artifact
}

/** The image that each service's server runs; those of the same major and packages share one. */
export function serverImages(fleet: Fleet): (service: Service) => Image {
  const known = new Map<string, Image>()
  return (service) => {
    const packages = packagesOf(service)
    const anchor = ['postgres', service.major, ...packages].join('-')
    const image = known.get(anchor) ?? serverImage(fleet, anchor, service.major, packages)
    known.set(anchor, image)
    return image
  }
}

const packagesOf = ({ extensions }: Service): string[] => packageSuffixes(extensions.map(({ name }) => name))

function serverImage(fleet: Fleet, anchor: string, major: Major, packages: readonly string[]): Image {
  const base = `postgres:${major}-trixie`
  const content = renderPostgresDockerfile({
    header,
    base,
    major,
    variable: imageVariable(major),
    packages: packages.map((suffix) => `postgresql-${major}-${suffix}`),
    user: serverUser,
    volume: dataVolume(major),
    cluster: clusterInImage,
    initdb: initdbArguments(major),
  })
  const name = `pgfleet/postgres:${prefix(fleet)}-${major}-${digest([content, ...serverScripts.map(({ content }) => content)])}`
  return image(anchor, name, content, { POSTGRES_IMAGE: variable(imageVariable(major), base) })
}

/** Checksums, an order of text that no update of the C library changes (PostgreSQL 17 has it built in), and an access file that no server reads. */
const initdbArguments = (major: Major): string =>
  [
    '--data-checksums',
    '--no-sync',
    '--no-instructions',
    '--encoding=UTF8',
    ...(major >= 17 ? ['--locale-provider=builtin', '--builtin-locale=C.UTF-8'] : []),
    '--locale=C.UTF-8',
    '--auth-local=peer',
    '--auth-host=reject',
  ].join(' ')

/** The image of all poolers. */
export function poolerImage(fleet: Fleet): Image {
  const base = 'debian:trixie-slim'
  const content = renderPgbouncerDockerfile({ header, base, user: poolerUser, config: poolerPaths.config })
  const name = `pgfleet/pgbouncer:${prefix(fleet)}-${digest([content, ...poolerScripts.map(({ content }) => content)])}`
  return image('pgbouncer', name, content, { DEBIAN_IMAGE: variable('PGFLEET_DEBIAN_IMAGE', base) })
}

/** Variable that names the base image of a major, to pin it by its digest. */
export const imageVariable = (major: number): string => `PGFLEET_POSTGRES_${major}_IMAGE`

function image(anchor: string, name: string, content: string, args: Readonly<Record<string, string>>): Image {
  const dockerfile = `${anchor}.Dockerfile`
  return {
    anchor,
    name,
    build: { context: `./${buildContext}`, dockerfile, args },
    artifact: { path: `${buildContext}/${dockerfile}`, kind: 'dockerfile', mode: 0o644, content },
  }
}

const digest = (parts: readonly string[]): string => sha256(parts.join('\0')).slice(0, 12)
