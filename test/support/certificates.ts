import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

type TlsFiles = { readonly 'ca.crt': string; readonly 'server.crt': string; readonly 'server.key': string }

export type Authority = {
  readonly certificate: string
  /** For servers and clients, named like the host; valid for other names, too, when they are given. */
  readonly issue: (host: string, ...others: string[]) => TlsFiles
  readonly remove: () => void
}

/** A certificate authority of its own with P-256 keys, as the fleet has one; valid for a day. */
export function authority(): Authority {
  const folder = mkdtempSync(join(tmpdir(), 'pgfleet-authority-'))
  const openssl = (...args: string[]) => execFileSync('openssl', args, { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] })
  const read = (name: string) => readFileSync(join(folder, name), 'utf8')
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']
  openssl('req', '-x509', ...key, '-keyout', 'ca.key', '-out', 'ca.crt', '-days', '1', '-subj', '/CN=test authority')
  const certificate = read('ca.crt')
  const issue = (host: string, ...others: string[]): TlsFiles => {
    const names = [host, 'localhost', ...others].map((name) => `DNS:${name}`)
    writeFileSync(join(folder, 'extensions'), `subjectAltName=${names}\nextendedKeyUsage=serverAuth,clientAuth\n`)
    openssl('req', '-new', ...key, '-keyout', 'server.key', '-out', 'request', '-subj', `/CN=${host}`)
    openssl(
      'x509',
      '-req',
      '-in',
      'request',
      '-CA',
      'ca.crt',
      '-CAkey',
      'ca.key',
      '-CAcreateserial',
      '-days',
      '1',
      '-extfile',
      'extensions',
      '-out',
      'server.crt',
    )
    return { 'ca.crt': certificate, 'server.crt': read('server.crt'), 'server.key': read('server.key') }
  }
  return { certificate, issue, remove: () => rmSync(folder, { recursive: true, force: true }) }
}
