import type { Node } from './sql-parser.ts'

// The init script runs every migration in one transaction, each statement by EXECUTE of a PL/pgSQL block, as the owner role. What
// cannot work there was tried against PostgreSQL 15 to 18; the servers' own words are in test/integration/forbidden-sql.test.ts.

type Reason = string | undefined

/** Why a statement cannot run in the init transaction, read from its parse tree; undefined when it can. */
export function forbiddenReason(statement: Readonly<Record<string, Node>>): Reason {
  const [kind, node] = Object.entries(statement)[0] ?? []
  return kind === undefined || node === undefined ? undefined : byKind[kind]?.(node)
}

const inTransaction = (what: string, instead: string): string => `${what} cannot run in a transaction: ${instead}`
const byHand = 'run it by hand'
const roles = () => 'the owner role cannot manage roles: declare them in services.yaml'

const byKind: Readonly<Record<string, (node: Node) => Reason>> = {
  IndexStmt: ({ concurrent }) => (concurrent ? inTransaction('CREATE INDEX CONCURRENTLY', 'leave out CONCURRENTLY') : undefined),
  DropStmt: ({ concurrent }) => (concurrent ? inTransaction('DROP INDEX CONCURRENTLY', 'leave out CONCURRENTLY') : undefined),
  ReindexStmt: reindex,
  AlterTableStmt: ({ cmds }) =>
    JSON.stringify(cmds).includes('"concurrent":true')
      ? inTransaction('DETACH PARTITION CONCURRENTLY', 'leave out CONCURRENTLY')
      : undefined,
  VacuumStmt: ({ is_vacuumcmd }) => (is_vacuumcmd ? inTransaction('VACUUM', 'autovacuum does it, or a job') : undefined),
  ClusterStmt: ({ relation }) => (relation ? undefined : inTransaction('CLUSTER of all tables', 'name the table')),
  TransactionStmt: () => 'the transaction belongs to the init script: leave out BEGIN, COMMIT, ROLLBACK and SAVEPOINT',
  CreatedbStmt: () => inTransaction('CREATE DATABASE', 'declare a service in services.yaml'),
  DropdbStmt: () => inTransaction('DROP DATABASE', byHand),
  AlterDatabaseStmt: ({ options }) =>
    option(options, 'tablespace') ? inTransaction('ALTER DATABASE ... SET TABLESPACE', byHand) : undefined,
  CreateTableSpaceStmt: () => inTransaction('CREATE TABLESPACE', byHand),
  DropTableSpaceStmt: () => inTransaction('DROP TABLESPACE', byHand),
  AlterSystemStmt: () => inTransaction('ALTER SYSTEM', 'put the setting under settings in services.yaml'),
  DiscardStmt: ({ target }) => (target === 'DISCARD_ALL' ? inTransaction('DISCARD ALL', 'leave it out') : undefined),
  CreateSubscriptionStmt: ({ options }) =>
    option(options, 'create_slot', 'false') || option(options, 'connect', 'false')
      ? undefined
      : inTransaction('CREATE SUBSCRIPTION', 'create the slot before and add create_slot = false'),
  DropSubscriptionStmt: () => inTransaction('DROP SUBSCRIPTION', byHand),
  VariableSetStmt: variable,
  CopyStmt: ({ filename }) =>
    filename === undefined
      ? 'COPY from or to the client has no client here: use INSERT'
      : 'the owner role may not read or write files of the server: use INSERT',
  SelectStmt: (node) => (selectsInto(node) ? 'SELECT ... INTO does not work in EXECUTE: use CREATE TABLE ... AS' : undefined),
  CreateRoleStmt: roles,
  AlterRoleStmt: roles,
  DropRoleStmt: roles,
  GrantRoleStmt: roles,
}

function reindex({ kind, params }: Node): Reason {
  if (option(params, 'concurrently')) return inTransaction('REINDEX CONCURRENTLY', 'leave out CONCURRENTLY')
  const whole = /SCHEMA|SYSTEM|DATABASE/.exec(String(kind))?.[0]
  return whole === undefined ? undefined : inTransaction(`REINDEX ${whole}`, 'name the tables one by one')
}

function variable({ name }: Node): Reason {
  if (name === 'role' || name === 'session_authorization') return 'the init script sets the role: every migration runs as the owner'
  return name === 'TRANSACTION' ? 'SET TRANSACTION must be the first statement of a transaction: leave it out' : undefined
}

/** INTO may stand in any arm of a UNION; it belongs to the leftmost for PostgreSQL, which says so itself otherwise. */
function selectsInto({ intoClause, larg }: Node): boolean {
  return intoClause !== undefined || (larg !== undefined && selectsInto(larg as Node))
}

/** Whether a list of options (`WITH (...)`) sets one: to `value`, or when none is asked for to anything but false. */
function option(options: unknown, name: string, value?: string): boolean {
  const found = ((options ?? []) as { DefElem?: Node }[]).find(({ DefElem }) => DefElem?.defname === name)?.DefElem
  if (!found) return false
  const set = /"(?:sval|boolval|ival)":\s*"?(\w+)/.exec(JSON.stringify(found.arg ?? {}))?.[1]?.toLowerCase() ?? 'true'
  const isOff = ['false', 'off', '0'].includes(set)
  return value === 'false' ? isOff : !isOff
}
