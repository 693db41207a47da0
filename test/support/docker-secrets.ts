import { execFileSync } from 'node:child_process'

/** Makes the secrets of a fleet as people do: `pgfleet secrets init`, of the bundle as the sources are now. */
export function makeSecrets(servicesFile: string, folder: string): void {
  const node = (...args: string[]) => execFileSync(process.execPath, args, { stdio: ['ignore', 'ignore', 'inherit'] })
  node('scripts/build.mjs', '--quiet')
  node('dist/pgfleet.js', 'secrets', 'init', servicesFile, '--secrets', folder, '--json')
}
