import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { test } from 'vitest'
import { composeTarget, embeddedTarget } from '../../src/fleet/targets.ts'
import { compileText } from '../support/fleet.ts'

test('scratch', async () => {
  const sql = Object.fromEntries(readdirSync('sql', { recursive: true, encoding: 'utf8' }).filter((f) => f.endsWith('.sql')).map((f) => [`sql/${f}`, readFileSync(`sql/${f}`, 'utf8')]))
  for (const [name, target] of [['compose', composeTarget()], ['embedded', embeddedTarget({ stateDir: '/tmp/st', portOffset: 0 })]] as const) {
    const c = await compileText(readFileSync('services.yaml', 'utf8'), sql, target)
    console.log(c.diagnostics)
    for (const a of c.artifacts) { const f = join('/tmp/out', name, a.path); mkdirSync(dirname(f), { recursive: true }); writeFileSync(f, a.content) }
  }
})
