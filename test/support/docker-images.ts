import { spawnSync } from 'node:child_process'
import { engineAnswers } from './docker.ts'

/** The base images as variables (none where the real ones are pulled), or why there are none. */
export function baseImages(): Record<string, string> | string {
  if (!engineAnswers()) return 'no Docker engine answers (scripts/docker.sh makes one on Debian)'
  const { status, stdout, stderr } = spawnSync('scripts/docker.sh', ['--print-env'], { encoding: 'utf8' })
  if (status !== 0) return stderr.trim()
  const lines = stdout.split('\n').map((line) => line.split('=') as [string, string])
  return Object.fromEntries(lines.filter(([, value]) => value))
}
