import { type Artifact, header } from '../../src/artifact.ts'
import { poolerUser, serverUser } from '../../src/fleet/container-names.ts'
import { poolerPaths } from '../../src/fleet/container-paths.ts'
import { initCompleted } from '../../src/fleet/database-names.ts'
import { secretsMount } from '../../src/fleet/secret-paths.ts'
import { render as renderApply } from './apply.sh.hbs'
import { buildContext, clusterInImage, runtimeFolder, serverShared } from './containers.ts'
import { render as renderPoolerHealth } from './pgbouncer-healthy.sh.hbs'
import { render as renderPoolerStart } from './pgbouncer-start.sh.hbs'
import { render as renderServerHba } from './postgres-hba.sh.hbs'
import { render as renderServerHealth } from './postgres-healthy.sh.hbs'
import { render as renderServerInit } from './postgres-init.sh.hbs'
import { render as renderServerStart } from './postgres-start.sh.hbs'
import { render as renderUnprivileged } from './unprivileged.sh.hbs'

const view = {
  header,
  initCompleted,
  serverUser,
  poolerUser,
  secretsMount,
  runtimeFolder,
  serverShared,
  cluster: clusterInImage,
  pooler: poolerPaths,
}

const script = (name: string, render: (view: object) => string): Artifact => ({
  path: `${buildContext}/${name}.sh`,
  kind: 'shell',
  mode: 0o755,
  content: render(view),
})

const unprivileged = script('unprivileged', renderUnprivileged)

/** Programs in the image of a server. */
export const serverScripts: readonly Artifact[] = [
  unprivileged,
  script('postgres-start', renderServerStart),
  script('postgres-init', renderServerInit),
  script('postgres-hba', renderServerHba),
  script('postgres-healthy', renderServerHealth),
  script('apply', renderApply),
]

/** Programs in the image of a pooler. */
export const poolerScripts: readonly Artifact[] = [
  unprivileged,
  script('pgbouncer-start', renderPoolerStart),
  script('pgbouncer-healthy', renderPoolerHealth),
]

/** Each once. */
export const scripts: readonly Artifact[] = [...new Set([...serverScripts, ...poolerScripts])]
