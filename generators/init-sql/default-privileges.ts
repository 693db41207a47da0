import { notForPublic } from '../../src/fleet/privileges.ts'
import { dataGrants } from '../../src/fleet/row-grants.ts'
import { ownerOf } from '../../src/fleet/server-roles.ts'
import type { Service } from '../../src/fleet/types.ts'
import { sqlIdentifier } from '../quote.ts'
import { render } from './default-privileges.hbs'
import { privilegeList, schemaList } from './grants.ts'

/** What the owner makes from now on belongs to nobody else but those who are named. */
export function defaultPrivilegesSection(service: Service): string {
  return render({
    owner: sqlIdentifier(ownerOf(service)),
    notForPublic: notForPublic.map((kind) => kind.toUpperCase()),
    grants: dataGrants(service).map(
      ({ privileges, on, schemas, role }) =>
        `IN SCHEMA ${schemaList(schemas)} GRANT ${privilegeList(privileges)} ON ${on.toUpperCase()} TO ${sqlIdentifier(role)}`,
    ),
  })
}
