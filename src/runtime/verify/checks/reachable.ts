import type { CheckAbout } from '../check-run.ts'

/** Not asked for itself: the other checks need an answer. */
export const reachable: CheckAbout = {
  id: 'reachable',
  title: 'server and pooler answer',
  help: '`pgfleet status` shows what runs',
}
