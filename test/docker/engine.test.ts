// scripts/docker.sh where an engine answers already, and where it can do nothing.
import { expect, test } from 'vitest'
import { run } from '../support/cli.ts'
import { describeDocker, project } from '../support/docker-fleet.ts'

const home = { HOME: process.env['HOME'] ?? '', PGFLEET_CACHE: process.env['PGFLEET_CACHE'] ?? '' }
const script = (args: string[], env: Record<string, string> = {}) => run('scripts/docker.sh', args, { cwd: '.', env: { ...home, ...env } })

describeDocker('scripts/docker.sh', () => {
  test('has nothing to do where all is there, and names the base images that the fleet was built on', async () => {
    const milliseconds: number[] = []
    // Other tests may be at work: of three times, the shortest says what it takes.
    for (const _ of [1, 2, 3]) {
      const started = performance.now()
      await script(['--print-env'])
      milliseconds.push(performance.now() - started)
    }
    expect(Math.min(...milliseconds)).toBeLessThan(1000)
    const { code, out, err } = await script(['--print-env'])
    const { PGFLEET_DEBIAN_IMAGE = '', PGFLEET_POSTGRES_17_IMAGE = '' } = project.environment
    const lines = `PGFLEET_DEBIAN_IMAGE=${PGFLEET_DEBIAN_IMAGE}\nPGFLEET_POSTGRES_17_IMAGE=${PGFLEET_POSTGRES_17_IMAGE}\n`
    expect({ code, out, err }).toEqual({ code: 0, out: lines, err: '' })
  })

  test('starts no engine in the place of another that does not answer', async () => {
    const { code, err } = await script([], { DOCKER_HOST: 'unix:///nowhere' })
    expect({ code, err }).toEqual({
      code: 3,
      err: 'docker: no engine answers at unix:///nowhere (DOCKER_HOST): start it, or unset the variable\n',
    })
  })

  test('refuses arguments that it does not know', async () => {
    expect(await script(['--prin-env'])).toEqual({ code: 2, out: '', err: 'usage: scripts/docker.sh [--print-env]\n' })
  })
})
