// The docker command is a script here: what counts is how it is called, and what is made of its answers.
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { docker, dockerLines, tryDocker } from '../../src/io/docker.ts'

const folder = mkdtempSync(join(tmpdir(), 'pgfleet-test-docker-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** An environment whose docker is this script. */
function fake(script: string): Record<string, string> {
  const bin = mkdtempSync(join(folder, 'bin-'))
  writeFileSync(join(bin, 'docker'), `#!/bin/sh\n${script}\n`)
  chmodSync(join(bin, 'docker'), 0o755)
  return { PATH: `${bin}:/usr/bin:/bin` }
}

test('arguments reach docker as they are, input by its standard input', async () => {
  const env = fake(`printf '[%s]' "$@"; cat`)
  const args = ['exec', "it's", '$HOME; exit 1', '']
  expect(await docker(args, { env, input: 'a secret\n' })).toBe("[exec][it's][$HOME; exit 1][]a secret\n")
})

test('without input docker reads nothing, and does not wait', async () => {
  expect(await docker(['x'], { env: fake('cat; echo end') })).toBe('end\n')
})

test('a docker that does not read its input is no error of ours', async () => {
  expect(await docker(['x'], { env: fake('exit 0'), input: 'x'.repeat(1_000_000) })).toBe('')
})

describe('failures', () => {
  test('the last lines of the complaint are told, and the command without what may be long or private', async () => {
    const env = fake('for i in $(seq 1 30); do echo "line $i" >&2; done; exit 7')
    await expect(docker(['exec', '--env', 'private', 'container', 'long words'], { env })).rejects.toMatchObject({
      code: 'docker',
      message: `docker exec failed: ${Array.from({ length: 10 }, (_, i) => `line ${i + 21}`).join('\n')}`,
    })
    expect(await tryDocker(['exec'], { env })).toMatchObject({ code: 7, stdout: '' })
  })

  // What clients 20.10, 26 and 28 print.
  test.each([
    ['ps', 'Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?', 'docker-engine'],
    ['ps', 'error during connect: Get "http://10.0.0.1:2375/v1.41/containers/json": dial tcp: i/o timeout', 'docker-engine'],
    ['ps', 'permission denied while trying to connect to the Docker daemon socket at unix:///var/run/docker.sock', 'docker-engine'],
    ['compose', "docker: 'compose' is not a docker command.\nSee 'docker --help'", 'docker-compose-missing'],
    ['compose', "unknown shorthand flag: 'f' in -f\nSee 'docker --help'.", 'docker-compose-missing'],
    ['compose', 'docker: unknown command: docker compose\n\nRun "docker --help" for more information', 'docker-compose-missing'],
    ['compose', 'unknown flag: --file', 'docker-compose-missing'],
    ['exec', 'unknown flag: --file', 'docker'],
    ['compose', 'service "x" has neither an image nor a build context specified', 'docker'],
  ])('docker %s that says %j', async (command, complaint, code) => {
    const env = fake(`cat >&2 <<'END'\n${complaint}\nEND\nexit 125`)
    await expect(docker([command], { env })).rejects.toMatchObject({ name: 'OperationError', code })
    if (code === 'docker') expect((await tryDocker([command], { env })).code).toBe(125)
    else await expect(tryDocker([command], { env })).rejects.toMatchObject({ code, hint: expect.stringMatching(/./) })
  })

  test('there is no docker', async () => {
    await expect(docker(['ps'], { env: { PATH: folder } })).rejects.toMatchObject({
      code: 'docker-missing',
      message: 'there is no docker command on this machine',
      hint: expect.stringContaining('the embedded runtime needs no Docker'),
    })
    await expect(dockerLines(['ps'], { env: { PATH: folder }, onLine() {} })).rejects.toMatchObject({ code: 'docker-missing' })
  })
})

test('lines come as they are written, from both outputs', async () => {
  const env = fake(`echo one; echo two >&2; printf 'last without end'; exit 3`)
  const lines: string[] = []
  expect(await dockerLines(['logs'], { env, onLine: (line, stream) => lines.push(`${stream}: ${line}`) })).toBe(3)
  expect(lines.sort()).toEqual(['stderr: two', 'stdout: last without end', 'stdout: one'])
})

test('a signal ends docker, and its reason is thrown', async () => {
  const controller = new AbortController()
  const reason = new Error('enough')
  const env = fake('echo up; exec sleep 60')
  const running = dockerLines(['logs'], { env, signal: controller.signal, onLine: () => controller.abort(reason) })
  await expect(running).rejects.toBe(reason)
  await expect(docker(['ps'], { env, signal: controller.signal })).rejects.toBe(reason)
})
