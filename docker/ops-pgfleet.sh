#!/bin/sh
# pgfleet in the ops container, as the user whom state and backups belong to, also for `docker exec`.
set -eu

if [ "$(id -u)" = 0 ]; then
  exec setpriv --reuid=6433 --regid=6433 --clear-groups --inh-caps=-all env HOME=/var/lib/pgfleet "$0" "$@"
fi
exec node /opt/pgfleet/dist/pgfleet.js "$@"
