// PgBouncers that run on this side as any user: 1.24 out of the trixie root, and the 1.18 of Debian 12, which is not installed.
import { execFileSync } from 'node:child_process'
import { chmodSync, copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { cacheDir } from './server.ts'
import { trixie } from './trixie.ts'

const run = (command: string, args: readonly string[], cwd?: string): string =>
  execFileSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'], ...(cwd === undefined ? {} : { cwd }) })

/** A script that starts the program with its own loader and libraries, all copied into the folder. */
export function pgbouncer124(folder: string): string {
  const { root } = trixie()
  const from = (path: string) => join(root, path)
  const loader = from('lib64/ld-linux-x86-64.so.2')
  const program = from('usr/sbin/pgbouncer')
  const lines = run(loader, ['--library-path', from('usr/lib/x86_64-linux-gnu'), '--list', program]).split('\n')
  const libraries = lines.flatMap((line) => / => (\S+)/.exec(line)?.[1] ?? [])
  for (const file of [program, loader, ...libraries]) copyFileSync(file, join(folder, basename(file)))
  chmodSync(join(folder, basename(loader)), 0o755)
  return script(folder, `exec "${folder}/${basename(loader)}" --library-path "${folder}" "${folder}/pgbouncer" "$@"`)
}

const isBookworm = () => existsSync('/etc/os-release') && readFileSync('/etc/os-release', 'utf8').includes('VERSION_CODENAME=bookworm')

/** Only Debian 12 has it to fetch. */
export const canFetchPgbouncer118 = isBookworm()

export function pgbouncer118(folder: string): string {
  const kept = join(cacheDir, 'pgbouncer-1.18')
  if (!existsSync(kept)) {
    const partial = `${kept}.${process.pid}.partial`
    mkdirSync(partial, { recursive: true })
    run('apt-get', ['download', 'pgbouncer', 'libc-ares2'], partial)
    for (const name of readdirSync(partial)) run('dpkg', ['-x', name, partial], partial)
    renameSync(partial, kept)
    rmSync(partial, { recursive: true, force: true })
  }
  const libraries = join(kept, 'usr/lib/x86_64-linux-gnu')
  for (const name of readdirSync(libraries).filter((name) => name.startsWith('libcares')))
    copyFileSync(join(libraries, name), join(folder, name))
  copyFileSync(join(kept, 'usr/sbin/pgbouncer'), join(folder, 'pgbouncer'))
  return script(folder, `LD_LIBRARY_PATH="${folder}" exec "${folder}/pgbouncer" "$@"`)
}

function script(folder: string, command: string): string {
  const path = join(folder, 'run-pgbouncer')
  writeFileSync(path, `#!/bin/sh\n${command}\n`)
  chmodSync(path, 0o755)
  return path
}
