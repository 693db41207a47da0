import type { RoleKind, Service } from '../../src/fleet/types.ts'
import { sqlIdentifier } from '../quote.ts'

/** A grant on the objects of one kind in all schemas of the service; `role` is quoted. */
export type DataPrivilege = { readonly privileges: string; readonly on: 'TABLES' | 'SEQUENCES' | 'ROUTINES'; readonly role: string }

const byKind: Partial<Record<RoleKind, readonly Omit<DataPrivilege, 'role'>[]>> = {
  app: [
    { privileges: 'SELECT, INSERT, UPDATE, DELETE', on: 'TABLES' },
    { privileges: 'SELECT, USAGE', on: 'SEQUENCES' },
    { privileges: 'EXECUTE', on: 'ROUTINES' },
  ],
  // No routines: one that runs as its owner could write.
  'read-only': [
    { privileges: 'SELECT', on: 'TABLES' },
    { privileges: 'SELECT', on: 'SEQUENCES' },
  ],
}

/** Who may do what with the rows, in the order of the roles. */
export const dataPrivileges = ({ roles }: Service): DataPrivilege[] =>
  roles.flatMap(({ kind, name }) => (byKind[kind] ?? []).map((privilege) => ({ ...privilege, role: sqlIdentifier(name) })))
