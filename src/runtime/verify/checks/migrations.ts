import { fleetSchema } from '../../../fleet/database-names.ts'
import { type Check, type Finding, type Outcome, rowsOf, type Subject } from '../check.ts'
import { absent } from '../compare.ts'

async function checkMigrations({ service, server }: Subject): Promise<Outcome> {
  const rows = await rowsOf<{ name: string; sha256: string }>(server, `SELECT name, sha256 FROM ${fleetSchema}.migrations`)
  const files = new Map(service.migrations.map((file) => [file.name, file]))
  const applied = new Map(rows.map(({ name, sha256 }) => [name, sha256]))
  const names = [...new Set([...files.keys(), ...applied.keys()])].sort()
  const findings = names.flatMap((name): Finding[] => {
    const [file, sha256] = [files.get(name), applied.get(name)]
    if (sha256 === undefined)
      return [{ what: file!.path, expected: `applied (SHA-256 ${file!.sha256})`, actual: 'not applied', help: 'apply' }]
    if (!file) return [{ what: `migration ${name}`, expected: absent, actual: `applied (SHA-256 ${sha256})` }]
    return file.sha256 === sha256
      ? []
      : [{ what: file.path, expected: `applied as it is (SHA-256 ${file.sha256})`, actual: `applied with SHA-256 ${sha256}` }]
  })
  return { findings, figures: { migrations: names.length } }
}

export const migrations: Check = {
  id: 'migrations',
  title: 'the files of hand-written SQL are applied, each as it is now',
  help: 'leave applied files as they are, and put changes into a new file with the next number',
  run: checkMigrations,
}
