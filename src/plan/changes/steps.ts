// What to run, and in which order.
import { opsContainerName, poolerContainerName, serverContainerName } from '../../fleet/container-names.ts'
import type { Fleet } from '../../fleet/types.ts'
import type { Change, ContainerEffect, Step } from './types.ts'
import { identifier } from './values.ts'

/**
 * The commands that apply these changes to a fleet that runs in Compose, after services.yaml is what it should be. Losses by hand, such
 * as dropping a schema, are not among them.
 */
export function stepsOf(
  changes: readonly Change[],
  containers: readonly ContainerEffect[],
  [base, head]: readonly [base: Fleet, head: Fleet],
  newSql: boolean,
): Step[] {
  if (changes.length === 0) return []
  const steps: Step[] = []
  const has = (test: (change: Change) => boolean) => changes.some(test)
  const having = (...effects: ContainerEffect['effect'][]) => containers.filter(({ effect }) => effects.includes(effect))
  if (has(({ destroys }) => destroys !== undefined))
    steps.push({
      command: `docker exec ${opsContainerName(base.name)} pgfleet backup run daily`,
      why: 'what is lost should be in a backup first',
    })
  const sqlGoes = has(({ area, kind }) => area === 'sql' && kind === 'removed')
  steps.push({
    command: 'pgfleet generate',
    why: `out/ is what runs${sqlGoes ? '; leave SQL files that were applied in their folder, or pgfleet apply refuses' : ''}`,
  })
  for (const change of changes) steps.push(...droppedBefore(change, base))
  const otherName = base.name !== head.name
  const renamed = changes.filter(({ kind }) => kind === 'renamed')
  const moved = otherName || renamed.length > 0 || has(({ target }) => target.startsWith('network/') || /^[^/]+\/port$/.test(target))
  if (otherName)
    steps.push({
      command: `PGFLEET_PREFIX=${base.name} pgfleet down --runtime compose`,
      why: 'the fleet of the old name has the ports; its volumes stay',
    })
  else if (moved)
    steps.push({ command: 'pgfleet down --runtime compose', why: 'networks keep their addresses while they exist; volumes stay' })
  if (renamed.length > 0) steps.push({ command: movedPasswords(renamed), why: 'roles keep the passwords that the data has' })
  if (has(needsSecrets))
    steps.push({
      command: 'pgfleet secrets init',
      why: 'new roles and servers need passwords and certificates, applications the files with theirs',
    })
  // A plain `up` leaves applications out, and a `down` stops them.
  const isApplication = ({ container }: ContainerEffect) => head.applications.some(({ name }) => name === container)
  const wasApplication = ({ container }: ContainerEffect) => base.applications.some(({ name }) => name === container)
  const anew = having('recreate', 'created').filter((each) => !isApplication(each))
  const started = moved
    ? head.applications.map(({ name }) => name)
    : having('recreate', 'created')
        .filter(isApplication)
        .map(({ container }) => container)
  const live = newSql || has(({ effect, impact }) => ['reload', 'new-sessions', 'pooler-reload'].includes(effect) || impact === 'migration')
  const refused = has(({ area, kind, target }) => area === 'sql' && target.includes('/sql/') && kind !== 'added')
  const apply: Step = {
    command: 'pgfleet apply',
    why: refused ? 'SQL and reload; refused while SQL that was applied is edited or gone' : 'SQL and reload, no session ends',
  }
  const restarts = moved ? [] : having('restart').map(({ container }) => restartOf(container, head))
  // A pool must not ask for more connections than its server has.
  const serverFirst = has(({ target, before, after }) => target.endsWith('/setting/max_connections') && Number(after) > Number(before))
  if (serverFirst) steps.push(...restarts)
  const removed = having('removed').map((each) => containerName(each, base, wasApplication(each)))
  if (removed.length > 0 && !moved)
    steps.push({ command: `docker rm --force ${removed.join(' ')}`, why: 'nothing declares them any more; volumes stay' })
  if (anew.length > 0 || moved) steps.push({ command: 'pgfleet up --runtime compose', why: anewText(anew) })
  if (started.length > 0) steps.push({ command: `${compose} up --detach ${started.join(' ')}`, why: 'applications start by name' })
  if (live) steps.push(apply)
  if (!serverFirst) steps.push(...restarts)
  if (!moved) steps.push(...having('pooler-restart').map(({ container }) => restartOf(container, head)))
  return steps
}

/** Whether someone comes to a place where he has no secrets yet. An application that is flagged has a database more. */
const needsSecrets = ({ area, kind, security }: Change): boolean =>
  kind === 'renamed' ||
  (kind === 'added' && (area === 'service' || area === 'role' || area === 'application')) ||
  (area === 'application' && security !== undefined)

/** Two services may have swapped their keys: then each goes by a place of its own. */
function movedPasswords(renamed: readonly Change[]): string {
  const folder = (key: string | undefined) => `secrets/passwords/${key}`
  const taken = renamed.some(({ after }) => renamed.some(({ before }) => before === after))
  if (!taken) return renamed.map(({ before, after }) => `mv ${folder(before)} ${folder(after)}`).join(' && ')
  const aside = renamed.map(({ before }) => `mv ${folder(before)} ${folder(before)}.moved`)
  return [...aside, ...renamed.map(({ before, after }) => `mv ${folder(before)}.moved ${folder(after)}`)].join(' && ')
}

/** The file that generators/compose makes, as it lies beside services.yaml. */
const compose = 'docker compose --file out/docker-compose.separated-databases.yml'

/** Compose names the containers of applications itself: project, service and number. */
const containerName = ({ container }: ContainerEffect, { name }: Fleet, application: boolean): string =>
  application ? `${name}-${container}-1` : `${name}_${container.replaceAll('-', '_')}`

function anewText(containers: readonly ContainerEffect[]): string {
  const count = (effect: ContainerEffect['effect'], what: string) => {
    const these = containers.filter((each) => each.effect === effect)
    if (these.length === 0) return ''
    return `${what} ${these.length > 4 ? `${these.length} containers` : these.map(({ container }) => container).join(', ')}`
  }
  return [count('recreate', 'makes anew'), count('created', 'makes')].filter(Boolean).join('; ') || 'starts the fleet again'
}

function restartOf(container: string, { name, services }: Fleet): Step {
  const server = services.find(({ host }) => host === container)
  const pooler = services.find(({ pool }) => pool.host === container)
  if (server) return { command: `docker restart ${serverContainerName(name, server.key)}`, why: `ends the sessions of ${server.key}` }
  return {
    command: `docker restart ${poolerContainerName(name, pooler?.key ?? container)}`,
    why: 'only a restart changes these keys of the pooler',
  }
}

/** The new image lacks the library of an extension that is gone: while the database still has it, every later apply would fail. */
function droppedBefore({ destroys, area, effect, service, target }: Change, { name, services }: Fleet): Step[] {
  if (destroys?.rule !== 'extension-removed' || area !== 'extension' || effect !== 'recreate') return []
  const at = services.find(({ key }) => key === service)
  if (!at) return []
  const statement = `DROP EXTENSION ${identifier(target.slice(target.lastIndexOf('/') + 1))}`
  return [
    {
      command: `docker exec --user postgres ${serverContainerName(name, at.key)} psql --dbname=${at.database} --command='${statement}'`,
      why: 'the new image lacks its library: with the extension left behind pgfleet apply fails',
    },
  ]
}
