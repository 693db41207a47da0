#!/usr/bin/env bash
# usage: pgfleet-ops-minute
#
# Run every minute by cron, as root: installs the generated crontab when it has changed, and leaves a sign of life for the health check.
set -Eeuo pipefail

generated=/srv/pgfleet/out/infrastructure/schedule/pgfleet.cron
installed=/etc/cron.d/pgfleet

[ -r "$generated" ] || {
  echo "pgfleet: cannot read $generated: everybody must be able to (chmod -R a+rX out)" >&2
  exit 1
}
# cron passes over a file with a dot in its name.
new=$installed.new
{
  sed -E \
    -e 's:^SHELL=.*:SHELL=/usr/local/bin/pgfleet-ops-shell:' \
    -e 's:^MAILTO=.*:MAILTO="":' \
    -e 's:^(([^ #]+ ){5})root :\1pgfleet :' \
    "$generated"
  echo '* * * * * root pgfleet-ops-minute'
} >"$new"
chmod 0644 "$new"
if cmp --silent "$new" "$installed"; then rm "$new"; else mv "$new" "$installed"; fi
touch /run/pgfleet-heartbeat
