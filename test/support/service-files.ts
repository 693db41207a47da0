import { initSql } from '../../generators/init-sql/init-sql.ts'
import { postgres } from '../../generators/postgres/postgres.ts'
import type { Fleet, Service } from '../../src/fleet/types.ts'
import { scramVerifier } from '../../src/runtime/scram.ts'

/** The password that every role of a test has. */
export const password = 'correct horse battery staple'

/** What is generated for one server: its configuration by file name, and its init script. */
export function serviceFiles(
  fleet: Fleet,
  key: string,
): { readonly config: Record<string, string>; readonly script: { path: string; content: string } } {
  const files = [...postgres.generate(fleet), ...initSql.generate(fleet)]
  const text = (path: string) => {
    const found = files.find((file) => file.path === path)
    if (!found) throw new Error(`${path} is not generated`)
    return found.content
  }
  const names = ['postgresql.conf', 'pg_hba.conf', 'pg_ident.conf']
  const path = `infrastructure/postgres/${key}-db-init.sql`
  return {
    config: Object.fromEntries(names.map((name) => [name, text(`infrastructure/postgres/${key}/${name}`)])),
    script: { path, content: text(path) },
  }
}

/** A verifier of `password` for each role that has one, by the name of its file. */
export async function verifiers({ roles }: Service): Promise<Record<string, string>> {
  const verifier = await scramVerifier(password, Buffer.from('0123456789abcdef'))
  return Object.fromEntries(roles.filter(({ authentication }) => authentication === 'password').map(({ name }) => [name, `${verifier}\n`]))
}
