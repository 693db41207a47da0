-- Eleven sessions for each account in the 30 days before the end, the last of which are still live then.

INSERT INTO users.sessions (id, account_id, token_hash, created_at, last_seen_at, expires_at, revoked_at, revoke_reason, address, user_agent)
SELECT
  pg_temp.key('session', n),
  account.id,
  sha256(convert_to('session ' || n, 'UTF8')),
  opened_at,
  opened_at + length * 0.9,
  opened_at + interval '12 hours',
  CASE WHEN pg_temp.draw('signed out', n) < 0.4 THEN opened_at + length END,
  CASE WHEN pg_temp.draw('signed out', n) < 0.4 THEN 'signed-out' END,
  inet '10.0.0.0' + pg_temp.draw_int('address', account_n, 1, 16777214),
  (ARRAY['Firefox/128', 'Chrome/126', 'Safari/17', 'TreumApp/4'])[pg_temp.draw_int('user agent', account_n, 1, 4)]
FROM generate_series(1, 11000 * pg_temp.scale()) AS n
CROSS JOIN LATERAL pg_temp.draw_int('session of', n, 1, 1000 * pg_temp.scale()) AS account_n
JOIN users.accounts AS account ON account.id = pg_temp.key('account', account_n) AND account.status = 'active'
CROSS JOIN LATERAL (SELECT
  greatest(account.created_at, pg_temp.until() - interval '30 days' * (1 - n::double precision / (11000 * pg_temp.scale()))),
  interval '1 hour' * pg_temp.draw('length', n)
) AS drawn (opened_at, length)
ORDER BY n;
