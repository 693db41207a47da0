import { afterAll, beforeAll, expect, test } from 'vitest'
import { readFileSync, readdirSync } from 'node:fs'
import { embeddedTarget } from '../../src/fleet/targets.ts'
import { runScript } from '../../src/io/sql-script.ts'
import { scramVerifier } from '../../src/runtime/scram.ts'
import { catalogue } from '../support/catalogue.ts'
import { compileText } from '../support/fleet.ts'
import { type ServerFolder, serverFolder, startPlainServer, type TestServer, writeFiles } from '../support/server.ts'

let folder: ServerFolder
let server: TestServer
beforeAll(async () => {
  folder = await serverFolder()
  server = await startPlainServer(folder)
})
afterAll(async () => {
  await server?.stop()
  await folder?.remove()
})

test('nine', async () => {
  const sql = Object.fromEntries(readdirSync('sql', { recursive: true, encoding: 'utf8' }).filter((f) => f.endsWith('.sql')).map((f) => [`sql/${f}`, readFileSync(`sql/${f}`, 'utf8')]))
  const { fleet, artifacts, diagnostics } = await compileText(readFileSync('services.yaml', 'utf8'), sql, embeddedTarget({ stateDir: folder.path, portOffset: 0 }))
  console.log(diagnostics)
  const verifier = await scramVerifier('x', Buffer.alloc(16))
  for (const service of fleet!.services) {
    const script = artifacts.find((a) => a.path.endsWith(`postgres/${service.key}-db-init.sql`))!
    await writeFiles(service.paths.verifiers, Object.fromEntries(service.roles.filter((r) => r.authentication === 'password').map((r) => [r.name, `${verifier}\n`])), 0o600, folder.user)
    const admin = await server.connect()
    await admin.query(`create database ${service.database}`)
    await admin.end()
    const c = await server.connect({ database: service.database })
    console.time(service.key)
    await runScript(c, script.content, script.path)
    console.timeEnd(service.key)
    const before = await catalogue(c)
    await runScript(c, script.content, script.path)
    expect(await catalogue(c)).toEqual(before)
    await c.end()
  }
})
