-- Twenty attempts for each account in the last 90 days, one after the other as they are written in life; some by people who guess.

INSERT INTO audit.login_attempts (attempted_at, email, account_id, address, user_agent, outcome)
SELECT
  attempted_at,
  lower(account.email),
  account.id,
  inet '10.0.0.0' + pg_temp.draw_int('address', CASE WHEN guessed THEN -n / 100 ELSE account_n END, 1, 16777214),
  (ARRAY['Firefox/128', 'Chrome/126', 'Safari/17', 'TreumApp/4'])[pg_temp.draw_int('user agent', account_n, 1, 4)],
  CASE WHEN NOT guessed AND pg_temp.draw('typed right', n) < 0.9 THEN 'succeeded' WHEN pg_temp.draw('refused', n) < 0.1 THEN 'refused' ELSE 'failed' END
FROM generate_series(1, 20000 * pg_temp.scale()) AS n
CROSS JOIN LATERAL (SELECT
  pg_temp.until() - interval '90 days' * (1 - n::double precision / (20000 * pg_temp.scale())),
  pg_temp.draw_int('attempt for', n, 1, 1000 * pg_temp.scale()),
  pg_temp.draw('guessed', n) < 0.05
) AS drawn (attempted_at, account_n, guessed)
JOIN users.accounts AS account ON account.id = pg_temp.key('account', account_n) AND account.status = 'active' AND account.created_at < attempted_at
ORDER BY n;
