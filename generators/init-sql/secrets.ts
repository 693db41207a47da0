import type { Service } from '../../src/fleet/types.ts'
import { sqlLiteral } from '../quote.ts'
import { renderBlocks } from './blocks.ts'
import { render } from './secrets.hbs'

/** Sets the password of each role that has one from the file with its verifier. */
export function secretsSection({ roles, paths }: Service): string {
  const names = roles.filter(({ authentication }) => authentication === 'password').map(({ name }) => sqlLiteral(name))
  return renderBlocks(render, { roles: names.join(', '), folder: sqlLiteral(paths.verifiers) })
}
