import { header } from '../../src/artifact.ts'
import type { Fleet, Service } from '../../src/fleet/types.ts'
import { hbaToken, lineComment } from '../quote.ts'
import { type AccessRule, poolerMap, rolesOfKind } from './access-rule.ts'
import { containerAccess } from './container-access.ts'
import { loopbackAccess } from './loopback-access.ts'
import { render as renderHba } from './pg_hba.conf.hbs'
import { render as renderIdent } from './pg_ident.conf.hbs'

/** pg_hba.conf: exact addresses, exact roles, everything else refused. */
export function accessRules(fleet: Fleet, service: Service): string {
  const sections = fleet.target.name === 'embedded' ? loopbackAccess(fleet.target, service) : containerAccess(fleet.network, service)
  const columns = columnsOf(sections.flatMap(({ rules }) => rules))
  return renderHba({
    header,
    host: lineComment(service.host),
    sections: sections.map(({ why, rules }) => ({ why: lineComment(why), lines: rules.map(columns) })),
  })
}

/** pg_ident.conf: the pooler's certificate carries its host name as common name; without TLS it is known by the user it runs as. */
export function identityMap({ target }: Fleet, { pool, roles }: Service): string {
  const { installedPooler } = target
  const who = installedPooler ? installedPooler.osUser : pool.host
  const lines = rolesOfKind(roles, 'pooler').map(({ name }) => `${poolerMap}  ${hbaToken(who)}  ${hbaToken(name)}`)
  return renderIdent({
    header,
    who: installedPooler ? 'operating system user' : 'client certificate (by its common name)',
    map: poolerMap,
    lines,
  })
}

/** Prints rules with their fields in columns that are as wide as the widest of `rules`. */
function columnsOf(rules: readonly AccessRule[]): (rule: AccessRule) => string {
  const fieldsOf = ({ type, database, user, address = '', method }: AccessRule) => [type, database, user, address, method]
  const widths = fieldsOf({ type: 'local', database: '', user: '', method: '' }).map((_, column) =>
    Math.max(...rules.map((rule) => fieldsOf(rule)[column]!.length)),
  )
  return (rule) =>
    fieldsOf(rule)
      .map((field, column) => field.padEnd(widths[column]!))
      .join('  ')
      .trimEnd()
}
