import { serverRoles, superuserRole } from '../../../fleet/server-roles.ts'
import { type Check, type Outcome, rowsOf, type Subject } from '../check.ts'
import { compareMaps } from '../compare.ts'

type Row = {
  readonly member: string
  readonly granted: string
  readonly grantor: string
  /** The last two came with 16. */
  readonly options: { readonly admin_option: boolean; readonly inherit_option?: boolean; readonly set_option?: boolean }
}

const query = `
  SELECT member.rolname AS member, granted.rolname AS granted, coalesce(grantor.rolname, 'nobody') AS grantor, to_jsonb(m) AS options
  FROM pg_auth_members m
  JOIN pg_roles member ON member.oid = m.member
  JOIN pg_roles granted ON granted.oid = m.roleid
  LEFT JOIN pg_roles grantor ON grantor.oid = m.grantor`

/** What initdb makes: src/include/catalog/pg_auth_members.dat, or system_views.sql before 17. */
const fromInitdb = [
  ['pg_monitor', 'pg_read_all_settings'],
  ['pg_monitor', 'pg_read_all_stats'],
  ['pg_monitor', 'pg_stat_scan_tables'],
] as const

async function checkMemberships({ service, server }: Subject): Promise<Outcome> {
  const rows = await rowsOf<Row>(server, query)
  const declared = serverRoles(service).flatMap(({ name, memberOf }) => memberOf.map((granted) => [name, granted] as const))
  const plain = optionsText({ admin_option: false, ...(service.major >= 16 ? { inherit_option: true, set_option: true } : {}) })
  const expected = new Map([...fromInitdb, ...declared].map(([member, granted]) => [what(member, granted, superuserRole), plain]))
  const actual = new Map(rows.map(({ member, granted, grantor, options }) => [what(member, granted, grantor), optionsText(options)]))
  return { findings: compareMaps(expected, actual), figures: { memberships: rows.length } }
}

/** From 16 on a membership can be granted several times, by different roles. */
const what = (member: string, granted: string, grantor: string): string =>
  `membership of ${member} in ${granted}${grantor === superuserRole ? '' : ` (granted by ${grantor})`}`

function optionsText({ admin_option: admin, inherit_option: inherit, set_option: set }: Row['options']): string {
  const text = (value: boolean) => (value ? 'TRUE' : 'FALSE')
  return [
    `ADMIN ${text(admin)}`,
    ...(inherit === undefined || set === undefined ? [] : [`INHERIT ${text(inherit)}`, `SET ${text(set)}`]),
  ].join(', ')
}

export const memberships: Check = {
  id: 'memberships',
  title: 'every role is a member of what is declared, with the declared options, and of nothing else',
  help: 'apply',
  run: checkMemberships,
}
