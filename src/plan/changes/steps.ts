// What to run, and in which order.
import { poolerContainerName, serverContainerName } from '../../fleet/container-names.ts'
import type { Fleet } from '../../fleet/types.ts'
import type { Change, ContainerEffect, Step } from './types.ts'

/**
 * The commands that apply these changes to a fleet that runs in Compose, after services.yaml is what it should be. Losses by hand, such
 * as dropping a schema, are not among them.
 */
export function stepsOf(changes: readonly Change[], containers: readonly ContainerEffect[], head: Fleet, newSql: boolean): Step[] {
  if (changes.length === 0) return []
  const steps: Step[] = []
  const has = (test: (change: Change) => boolean) => changes.some(test)
  const having = (...effects: ContainerEffect['effect'][]) => containers.filter(({ effect }) => effects.includes(effect))
  if (has(({ destroys }) => destroys !== undefined))
    steps.push({ command: `docker exec ${head.name}_ops pgfleet backup run daily`, why: 'what is lost should be in a backup first' })
  steps.push({ command: 'pgfleet generate', why: 'out/ is what runs' })
  if (has(({ area, kind }) => kind === 'renamed' || (kind === 'added' && (area === 'service' || area === 'role'))))
    steps.push({ command: 'pgfleet secrets init', why: 'new roles and servers need passwords and certificates' })
  const moved = has(({ target, kind }) => target.startsWith('network/') || kind === 'renamed')
  if (moved) steps.push({ command: 'pgfleet down --runtime compose', why: 'networks keep their addresses while they exist; volumes stay' })
  const anew = having('recreate', 'created')
  const live = newSql || has(({ effect, impact }) => ['reload', 'new-sessions', 'pooler-reload'].includes(effect) || impact === 'migration')
  const apply: Step = { command: 'pgfleet apply', why: 'SQL and reload, no session ends' }
  const restarts = moved ? [] : having('restart').map(({ container }) => restartOf(container, head))
  // A pool must not ask for more connections than its server has.
  const serverFirst = has(({ target, before, after }) => target.endsWith('/setting/max_connections') && Number(after) > Number(before))
  if (serverFirst) steps.push(...restarts)
  const removed = having('removed').map(({ container }) => `${head.name}_${container.replaceAll('-', '_')}`)
  if (removed.length > 0 && !moved)
    steps.push({ command: `docker rm --force ${removed.join(' ')}`, why: 'nothing declares them any more; volumes stay' })
  if (anew.length > 0 || moved) steps.push({ command: 'pgfleet up --runtime compose', why: anewText(anew) })
  if (live) steps.push(apply)
  if (!serverFirst) steps.push(...restarts)
  if (!moved) steps.push(...having('pooler-restart').map(({ container }) => restartOf(container, head)))
  return steps
}

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
