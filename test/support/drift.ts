/**
 * What people do to a database by hand, and what `pgfleet verify` finds then, by the id of the check: everything, on PostgreSQL 17. The
 * service has the schemas shop, audit and "two words", and is called demo_orders.
 */
export const drift: Readonly<Record<string, readonly [statements: string, findings: Readonly<Record<string, readonly string[]>>]>> = {
  'an extra extension': [
    'CREATE EXTENSION hstore SCHEMA extensions',
    { extensions: ['extension hstore: absent -> installed in extensions'] },
  ],
  'a missing extension': [
    'DROP EXTENSION pg_stat_statements',
    { extensions: ['extension pg_stat_statements: installed in extensions -> absent'] },
  ],
  'an extension in another schema': [
    'ALTER EXTENSION earthdistance SET SCHEMA public',
    { extensions: ['extension earthdistance: in schema extensions -> in schema public'] },
  ],
  'an extra role': ['CREATE ROLE stranger', { roles: ['role stranger: absent -> no attributes'] }],
  'a superuser': ['ALTER ROLE operator SUPERUSER', { roles: ['attributes of role operator: LOGIN -> SUPERUSER LOGIN'] }],
  'a role that may create roles': [
    'ALTER ROLE operator CREATEROLE NOINHERIT CONNECTION LIMIT 99',
    { roles: ['attributes of role operator: LOGIN -> CREATEROLE NOINHERIT LOGIN', 'connection limit of role operator: 3 -> 99'] },
  ],
  'a role that may no longer log in': ['ALTER ROLE analyst NOLOGIN', { roles: ['attributes of role analyst: LOGIN -> no attributes'] }],
  'a role that expires': [
    `ALTER ROLE analyst VALID UNTIL '2999-01-01 UTC'`,
    { roles: ['valid until of role analyst: ever -> 2999-01-01 00:00:00+00'] },
  ],
  'a role that expires in eternity': [`ALTER ROLE analyst VALID UNTIL 'infinity'`, {}],
  'no password': ['ALTER ROLE analyst PASSWORD NULL', { roles: ['password of role analyst: SCRAM-SHA-256 -> none'] }],
  'an old kind of password': [
    `SET LOCAL password_encryption = md5; ALTER ROLE analyst PASSWORD 'x'`,
    { roles: ['password of role analyst: SCRAM-SHA-256 -> MD5'] },
  ],
  'a password of the superuser': [`ALTER ROLE postgres PASSWORD 'x'`, { roles: ['password of role postgres: none -> SCRAM-SHA-256'] }],
  'a password of the pooler': [
    `ALTER ROLE pgbouncer_auth PASSWORD 'x'`,
    { roles: ['password of role pgbouncer_auth: none -> SCRAM-SHA-256'] },
  ],
  'an extra membership': [
    'GRANT pg_read_all_data TO analyst',
    { memberships: ['membership of analyst in pg_read_all_data: absent -> ADMIN FALSE, INHERIT TRUE, SET TRUE'] },
  ],
  'a membership that may be passed on': [
    'GRANT pooled_login TO demo_orders_service WITH ADMIN OPTION',
    {
      memberships: [
        'membership of demo_orders_service in pooled_login: ADMIN FALSE, INHERIT TRUE, SET TRUE -> ADMIN TRUE, INHERIT TRUE, SET TRUE',
      ],
    },
  ],
  'a membership of the system': [
    'GRANT pg_read_all_data TO pg_monitor',
    { memberships: ['membership of pg_monitor in pg_read_all_data: absent -> ADMIN FALSE, INHERIT TRUE, SET TRUE'] },
  ],
  'a parameter of a role': [
    'ALTER ROLE analyst SET default_transaction_read_only = off',
    { 'role-settings': ['default_transaction_read_only of role analyst: on -> off'] },
  ],
  'a parameter of a role in a database': [
    `ALTER ROLE monitor IN DATABASE demo_orders SET work_mem = '1GB'`,
    { 'role-settings': ['work_mem of role monitor in database demo_orders: absent -> 1GB'] },
  ],
  'a parameter of the database': [
    'ALTER DATABASE demo_orders SET search_path = shop',
    { 'role-settings': ['search_path of database demo_orders: ["shop","audit","two words","extensions"] -> ["shop"]'] },
  ],
  'an extra schema': [
    'CREATE SCHEMA stray; CREATE FUNCTION stray.f() RETURNS int LANGUAGE sql AS $$SELECT 1$$',
    { schemas: ['schema stray: absent -> owned by postgres'] },
  ],
  'a missing schema': [
    'DROP SCHEMA audit CASCADE',
    {
      schemas: ['schema audit: owned by demo_orders_owner -> absent'],
      'default-privileges': [
        'default privileges of demo_orders_owner on routines in audit: privileges of demo_orders_service: EXECUTE -> nothing',
        'default privileges of demo_orders_owner on sequences in audit: privileges of demo_orders_service: SELECT, USAGE -> nothing',
        'default privileges of demo_orders_owner on sequences in audit: privileges of analyst: SELECT -> nothing',
        'default privileges of demo_orders_owner on tables in audit: privileges of demo_orders_service: DELETE, INSERT, SELECT, UPDATE -> nothing',
        'default privileges of demo_orders_owner on tables in audit: privileges of analyst: SELECT -> nothing',
      ],
    },
  ],
  'another owner of a schema': [
    'ALTER SCHEMA shop OWNER TO postgres',
    { schemas: ['schema shop: owned by demo_orders_owner -> owned by postgres'] },
  ],
  'another owner of the database': [
    'ALTER DATABASE demo_orders OWNER TO postgres',
    { schemas: ['database demo_orders: owned by demo_orders_owner -> owned by postgres'] },
  ],
  'another owner of a table': [
    'ALTER TABLE shop.items OWNER TO postgres',
    {
      ownership: [
        'table shop.items: owned by demo_orders_owner -> owned by postgres',
        'sequence shop.items_id_seq: owned by demo_orders_owner -> owned by postgres',
      ],
    },
  ],
  'another owner of a function': [
    'ALTER FUNCTION shop.total OWNER TO operator',
    { ownership: ['routine shop.total(): owned by demo_orders_owner -> owned by operator'] },
  ],
  'another owner of a type': [
    'ALTER TYPE shop.state OWNER TO postgres',
    { ownership: ['type shop.state: owned by demo_orders_owner -> owned by postgres'] },
  ],
  'another owner of the lookup': [
    'ALTER FUNCTION pgfleet.lookup OWNER TO postgres',
    { ownership: ['routine pgfleet.lookup(text): owned by pgbouncer_lookup -> owned by postgres'] },
  ],
  'a table of the superuser': [
    'CREATE TABLE shop.mine (id int)',
    {
      ownership: ['table shop.mine: owned by demo_orders_owner -> owned by postgres'],
      grants: [
        'table shop.mine: privileges of demo_orders_service: DELETE, INSERT, SELECT, UPDATE -> nothing',
        'table shop.mine: privileges of analyst: SELECT -> nothing',
      ],
    },
  ],
  'a table of a role elsewhere': [
    'CREATE TABLE made.mine (id int); ALTER TABLE made.mine OWNER TO operator',
    { ownership: ['table made.mine: owned by postgres -> owned by operator'] },
  ],
  'CONNECT for PUBLIC': [
    'GRANT CONNECT ON DATABASE demo_orders TO PUBLIC',
    { grants: ['database demo_orders: privileges of PUBLIC: nothing -> CONNECT'] },
  ],
  'CONNECT to another database': [
    'GRANT CONNECT ON DATABASE template1 TO analyst',
    { grants: ['database template1: privileges of analyst: nothing -> CONNECT'] },
  ],
  'no CONNECT': [
    'REVOKE CONNECT ON DATABASE demo_orders FROM monitor',
    { grants: ['database demo_orders: privileges of monitor: CONNECT -> nothing'] },
  ],
  'TEMPORARY for the application': [
    'GRANT TEMPORARY ON DATABASE demo_orders TO demo_orders_service',
    { grants: ['database demo_orders: privileges of demo_orders_service: CONNECT -> CONNECT, TEMPORARY'] },
  ],
  'an extra grant on a schema': [
    'GRANT CREATE ON SCHEMA shop TO demo_orders_service',
    { grants: ['schema shop: privileges of demo_orders_service: USAGE -> CREATE, USAGE'] },
  ],
  'a missing grant on a schema': [
    'REVOKE USAGE ON SCHEMA extensions FROM backup',
    { grants: ['schema extensions: privileges of backup: USAGE -> nothing'] },
  ],
  'USAGE of public for PUBLIC': [
    'GRANT USAGE ON SCHEMA public TO PUBLIC',
    { grants: ['schema public: privileges of PUBLIC: nothing -> USAGE'] },
  ],
  'an extra grant on a table': [
    'GRANT TRUNCATE ON shop.items TO demo_orders_service',
    {
      grants: [
        'table shop.items: privileges of demo_orders_service: DELETE, INSERT, SELECT, UPDATE -> DELETE, INSERT, SELECT, TRUNCATE, UPDATE',
      ],
    },
  ],
  'a missing grant on a table': [
    'REVOKE DELETE ON shop.items FROM demo_orders_service',
    { grants: ['table shop.items: privileges of demo_orders_service: DELETE, INSERT, SELECT, UPDATE -> INSERT, SELECT, UPDATE'] },
  ],
  'a grant that may be passed on': [
    'GRANT SELECT ON shop.items TO analyst WITH GRANT OPTION',
    { grants: ['table shop.items: privileges of analyst: SELECT -> SELECT WITH GRANT OPTION'] },
  ],
  'a grant on a partition': [
    'GRANT SELECT ON shop.events_old TO monitor',
    { grants: ['table shop.events_old: privileges of monitor: nothing -> SELECT'] },
  ],
  'a table for PUBLIC': ['GRANT SELECT ON shop.names TO PUBLIC', { grants: ['table shop.names: privileges of PUBLIC: nothing -> SELECT'] }],
  'a missing grant on a sequence': [
    'REVOKE USAGE ON SEQUENCE shop.items_id_seq FROM demo_orders_service',
    { grants: ['sequence shop.items_id_seq: privileges of demo_orders_service: SELECT, USAGE -> SELECT'] },
  ],
  'a function for PUBLIC': [
    'GRANT EXECUTE ON FUNCTION shop.total TO PUBLIC',
    { grants: ['routine shop.total(): privileges of PUBLIC: nothing -> EXECUTE'] },
  ],
  'a missing grant on a function': [
    'REVOKE EXECUTE ON PROCEDURE shop.tidy FROM demo_orders_service',
    { grants: ['routine shop.tidy(): privileges of demo_orders_service: EXECUTE -> nothing'] },
  ],
  'a type for PUBLIC': [
    'GRANT USAGE ON TYPE shop.price TO PUBLIC',
    { grants: ['type shop.price: privileges of PUBLIC: nothing -> USAGE'] },
  ],
  'less for the owner': [
    'REVOKE DELETE ON shop.items FROM demo_orders_owner',
    {
      grants: [
        'table shop.items: privileges of demo_orders_owner: DELETE, INSERT, MAINTAIN, REFERENCES, SELECT, TRIGGER, TRUNCATE, UPDATE -> INSERT, MAINTAIN, REFERENCES, SELECT, TRIGGER, TRUNCATE, UPDATE',
      ],
    },
  ],
  'the verifiers for another role': [
    'GRANT SELECT ON pg_catalog.pg_authid TO monitor',
    { grants: ['table pg_catalog.pg_authid: privileges of monitor: nothing -> SELECT'] },
  ],
  'no verifiers for the lookup': [
    'REVOKE SELECT ON pg_catalog.pg_authid FROM pgbouncer_lookup',
    {
      grants: ['table pg_catalog.pg_authid: privileges of pgbouncer_lookup: SELECT -> nothing'],
      lookup: ['the catalogue: what the init script makes -> permission denied for table pg_authid'],
    },
  ],
  'the lookup for the application': [
    'GRANT EXECUTE ON FUNCTION pgfleet.lookup TO demo_orders_service',
    { grants: ['routine pgfleet.lookup(text): privileges of demo_orders_service: nothing -> EXECUTE'] },
  ],
  'the ledger for the application': [
    'GRANT SELECT ON pgfleet.migrations TO demo_orders_service',
    { grants: ['table pgfleet.migrations: privileges of demo_orders_service: nothing -> SELECT'] },
  ],
  'a function of the system': [
    'GRANT EXECUTE ON FUNCTION pg_catalog.pg_read_file(text) TO demo_orders_service',
    { grants: ['routine pg_catalog.pg_read_file(text): privileges of demo_orders_service: nothing -> EXECUTE'] },
  ],
  'a function of the system no longer for PUBLIC': [
    'REVOKE EXECUTE ON FUNCTION pg_catalog.pg_backend_pid() FROM PUBLIC',
    { grants: ['routine pg_catalog.pg_backend_pid(): privileges of PUBLIC: EXECUTE -> nothing'] },
  ],
  'large objects for everybody': [
    'GRANT EXECUTE ON FUNCTION pg_catalog.lo_create(oid) TO PUBLIC',
    { grants: ['routine pg_catalog.lo_create(oid): privileges of PUBLIC: nothing -> EXECUTE'] },
  ],
  'a view of the information schema': [
    'GRANT INSERT ON information_schema.tables TO analyst',
    { grants: ['table information_schema.tables: privileges of analyst: nothing -> INSERT'] },
  ],
  'a function of an extension': [
    'GRANT EXECUTE ON FUNCTION extensions.citext_hash TO analyst',
    { grants: ['routine extensions.citext_hash(extensions.citext): privileges of analyst: nothing -> EXECUTE'] },
  ],
  'a view of an extension no longer for PUBLIC': [
    'REVOKE SELECT ON extensions.pg_stat_statements FROM PUBLIC',
    { grants: ['table extensions.pg_stat_statements: privileges of PUBLIC: SELECT -> nothing'] },
  ],
  'a language': ['GRANT USAGE ON LANGUAGE plpgsql TO analyst', { grants: ['language plpgsql: privileges of analyst: nothing -> USAGE'] }],
  'a parameter': [
    'GRANT SET ON PARAMETER log_statement TO demo_orders_service',
    { grants: ['parameter log_statement: privileges of demo_orders_service: nothing -> SET'] },
  ],
  'a large object': [
    'SELECT pg_catalog.lo_create(4711); GRANT SELECT ON LARGE OBJECT 4711 TO demo_orders_service',
    { grants: ['large object 4711: privileges of demo_orders_service: nothing -> SELECT'] },
  ],
  'a column': [
    'GRANT UPDATE (name) ON shop.items TO analyst',
    { 'column-grants': ['column shop.items.name: privileges of analyst: nothing -> UPDATE'] },
  ],
  'a column of the system': [
    'GRANT SELECT (rolpassword) ON pg_catalog.pg_authid TO monitor',
    { 'column-grants': ['column pg_catalog.pg_authid.rolpassword: privileges of monitor: nothing -> SELECT'] },
  ],
  'more by default': [
    'ALTER DEFAULT PRIVILEGES FOR ROLE demo_orders_owner IN SCHEMA shop GRANT TRUNCATE ON TABLES TO demo_orders_service',
    {
      'default-privileges': [
        'default privileges of demo_orders_owner on tables in shop: privileges of demo_orders_service: DELETE, INSERT, SELECT, UPDATE -> DELETE, INSERT, SELECT, TRUNCATE, UPDATE',
      ],
    },
  ],
  'less by default': [
    'ALTER DEFAULT PRIVILEGES FOR ROLE demo_orders_owner IN SCHEMA shop REVOKE ALL ON TABLES FROM analyst',
    { 'default-privileges': ['default privileges of demo_orders_owner on tables in shop: privileges of analyst: SELECT -> nothing'] },
  ],
  'functions for PUBLIC by default': [
    'ALTER DEFAULT PRIVILEGES FOR ROLE demo_orders_owner GRANT EXECUTE ON ROUTINES TO PUBLIC',
    { 'default-privileges': ['default privileges of demo_orders_owner on routines: privileges of PUBLIC: nothing -> EXECUTE'] },
  ],
  'sequences in all schemas by default': [
    'ALTER DEFAULT PRIVILEGES FOR ROLE demo_orders_owner GRANT SELECT ON SEQUENCES TO PUBLIC',
    { 'default-privileges': ['default privileges of demo_orders_owner on sequences: privileges of PUBLIC: nothing -> SELECT'] },
  ],
  'what the superuser makes by default': [
    'ALTER DEFAULT PRIVILEGES FOR ROLE postgres GRANT SELECT ON TABLES TO analyst',
    { 'default-privileges': ['default privileges of postgres on tables: privileges of analyst: nothing -> SELECT'] },
  ],
  'an edited ledger': [
    `UPDATE pgfleet.migrations SET sha256 = 'x' WHERE name = '0001-shop.sql'`,
    { migrations: ['sql/orders/0001-shop.sql: applied as it is (SHA-256 ...) -> applied with SHA-256 x'] },
  ],
  'a migration that is not applied': [
    `DELETE FROM pgfleet.migrations WHERE name = '0002-audit.sql'`,
    { migrations: ['sql/orders/0002-audit.sql: applied (SHA-256 ...) -> not applied'] },
  ],
  'a migration that nobody knows': [
    `INSERT INTO pgfleet.migrations VALUES ('0003-gone.sql', 'x')`,
    { migrations: ['migration 0003-gone.sql: absent -> applied (SHA-256 x)'] },
  ],
  'an old init script': [
    `UPDATE pgfleet.init SET sha256 = 'x'`,
    { init: ['infrastructure/postgres/orders-db-init.sql: run to its end (SHA-256 ...) -> the last one had SHA-256 x'] },
  ],
  'an init script that never ended': [
    'DELETE FROM pgfleet.init',
    { init: ['infrastructure/postgres/orders-db-init.sql: run to its end (SHA-256 ...) -> absent'] },
  ],
  'a lookup for everybody': [
    `CREATE OR REPLACE FUNCTION pgfleet.lookup(requested text, OUT username text, OUT password text) LANGUAGE sql STABLE SECURITY DEFINER AS
      'SELECT rolname, rolpassword FROM pg_catalog.pg_authid WHERE rolname = requested'`,
    {
      lookup: ['analyst', 'backup', 'demo_orders_migrator', 'monitor', 'operator'].map(
        (role) => `lookup of ${role}: does not give its verifier -> gives its verifier`,
      ),
    },
  ],
  'a missing membership': [
    'REVOKE pooled_login FROM demo_orders_service',
    {
      memberships: ['membership of demo_orders_service in pooled_login: ADMIN FALSE, INHERIT TRUE, SET TRUE -> absent'],
      lookup: ['lookup of demo_orders_service: gives its verifier -> does not give its verifier'],
    },
  ],
}
