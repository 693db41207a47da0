-- Accounts over two years, each with a password and a role.

INSERT INTO users.accounts (id, email, display_name, country, status, created_at, closed_at, email_confirmed_at)
SELECT
  pg_temp.key('account', n),
  CASE WHEN pg_temp.draw('email case', n) < 0.1 THEN 'Customer.' ELSE 'customer.' END || n || '@example.com',
  (ARRAY['Alex', 'Chris', 'Dana', 'Jo', 'Kim', 'Lou', 'Max', 'Nour', 'Robin', 'Sam'])[pg_temp.draw_int('given name', n, 1, 10)] || ' ' ||
    (ARRAY['Berg', 'Costa', 'Fischer', 'Ivanov', 'Jensen', 'Martin', 'Novak', 'Rossi', 'Silva', 'Smith'])[pg_temp.draw_int('family name', n, 1, 10)],
  (ARRAY['DE', 'DE', 'DE', 'FR', 'FR', 'IT', 'ES', 'NL', 'US', 'US'])[pg_temp.draw_int('country', n, 1, 10)],
  CASE WHEN pg_temp.draw('status', n) < 0.02 THEN 'closed' WHEN pg_temp.draw('status', n) < 0.03 THEN 'suspended' ELSE 'active' END,
  created_at,
  CASE WHEN pg_temp.draw('status', n) < 0.02 THEN pg_temp.draw_time('closed', n, created_at, pg_temp.until()) END,
  CASE WHEN pg_temp.draw('confirmed', n) < 0.95 THEN created_at + interval '5 minutes' END
FROM generate_series(1, 1000 * pg_temp.scale()) AS n
CROSS JOIN LATERAL pg_temp.draw_time('account created', n, pg_temp.until() - interval '2 years', pg_temp.until()) AS created_at;

-- In the form of argon2id, but of no password.
INSERT INTO users.credentials (account_id, password_hash, changed_at)
SELECT
  id,
  '$argon2id$v=19$m=65536,t=3,p=4$' || left(encode(sha256(uuid_send(id)), 'base64'), 22) || '$' || left(encode(sha256(uuid_send(id) || 'hash'), 'base64'), 43),
  created_at
FROM users.accounts
WHERE status <> 'closed';

INSERT INTO users.account_roles (account_id, role, granted_at)
SELECT
  id,
  CASE
    WHEN row_number() OVER (ORDER BY id) % 1000 = 1 THEN 'administrator'
    WHEN row_number() OVER (ORDER BY id) % 250 = 2 THEN 'compliance-officer'
    WHEN row_number() OVER (ORDER BY id) % 100 = 3 THEN 'support'
    ELSE 'customer'
  END,
  created_at
FROM users.accounts;
