import type { Service } from '../../src/fleet/types.ts'
import { sqlIdentifier } from '../quote.ts'
import { render } from './default-privileges.hbs'
import { dataPrivileges } from './privileges.ts'
import { ownerOf } from './roles.ts'
import { serviceSchemas } from './schemas.ts'

/** What the owner makes from now on belongs to nobody else but those who are named. */
export function defaultPrivilegesSection(service: Service): string {
  return render({
    owner: sqlIdentifier(ownerOf(service)),
    schemas: serviceSchemas(service).map(sqlIdentifier).join(', '),
    grants: dataPrivileges(service).map(({ privileges, on, role }) => `GRANT ${privileges} ON ${on} TO ${role}`),
  })
}
