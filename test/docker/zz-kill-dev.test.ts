import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { bundle, installCli, run } from '../support/cli.ts'
import { connect, describeDocker, fleet, project } from '../support/docker-fleet.ts'
installCli()
const key = 'education'
const service = fleet.services.find((one) => one.key === key)!
describeDocker('kill', () => {
  test('many', async () => {
    const args = [bundle, 'secrets', 'rotate', key, '--passwords', '--secrets', project.secrets]
    const env = { ...project.environment, PATH: process.env['PATH'] ?? '' }
    const bad: string[] = []
    for (let i = 0; i < 40; i++) {
      const ms = Math.floor((i * 450) / 40)
      const child = spawn(process.execPath, args, { env, stdio: 'ignore' })
      const exit = once(child, 'exit')
      while (!existsSync(join(project.secrets, '.next', key)) && child.exitCode === null) await setTimeout(1)
      await setTimeout(ms)
      child.kill('SIGKILL')
      await exit
      const { code, err } = await run(process.execPath, args, { cwd: process.cwd(), env })
      if (code !== 0) bad.push(`${ms}: ${err}`)
      for (const role of service.roles.filter(({ kind }) => kind === 'app' || kind === 'migrator'))
        await connect({ key, via: role.kind === 'app' ? 'pool' : 'direct', role: role.name }).then((c) => c.end(), (e) => bad.push(`${ms}: ${role.name} ${e.message}`))
    }
    console.log(bad.join('\n'))
    expect(bad).toEqual([])
  })
})
