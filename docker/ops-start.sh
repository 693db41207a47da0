#!/usr/bin/env bash
# usage: pgfleet-ops-start
#
# First process of the ops container: prepares what cron needs, starts it, runs what was missed while the container was down, and ends
# everything at SIGTERM. Being a shell, it buries the processes that others leave behind.
set -Eeuo pipefail

secrets=/run/secrets/pgfleet
runtime=/run/pgfleet
as_pgfleet=(setpriv --reuid=6433 --regid=6433 --clear-groups --inh-caps=-all)
export HOME=/var/lib/pgfleet

# cron gives its children a pipe of its own for their output: they find the container's log here.
exec 3>&1

# The secrets can be read by their owner on the host only, whoever that is, and root has no right here to read for others: so they are
# read as the owner. What cannot be read is missed below.
# shellcheck disable=SC2016
setpriv --reuid="$(stat -c %u "$secrets")" --regid="$(stat -c %g "$secrets")" --clear-groups --inh-caps=-all \
  tar --create --directory "$secrets" . |
  "${as_pgfleet[@]}" bash -c 'umask 077 && exec tar --extract --directory "$1" --no-same-permissions --no-overwrite-dir' _ "$runtime" || true
for file in ca.crt pgpass; do
  "${as_pgfleet[@]}" test -s "$runtime/$file" || {
    echo "pgfleet: the secret $file of the ops container is missing or unreadable: run \`pgfleet secrets init\`, then start again" >&2
    exit 1
  }
done

# cron keeps no variable: its shell reads them here.
# shellcheck disable=SC2016
"${as_pgfleet[@]}" bash -c 'umask 077 && export -p >"$1"' _ "$runtime/environment"

pgfleet-ops-minute
cron -f -L 0 &
cron=$!

# root may not send signals to others.
# shellcheck disable=SC2317,SC2329
stop() {
  kill "$cron" 2>/dev/null || true
  "${as_pgfleet[@]}" bash -c 'kill -TERM -1' 2>/dev/null || true
  while "${as_pgfleet[@]}" bash -c 'kill -0 -1' 2>/dev/null; do sleep 0.2; done
  exit 0
}
trap stop TERM INT

# Not at once: servers that start at the same time as this container, with the host or the fleet, would not be there yet.
(sleep 10 && exec pgfleet task catch-up) &
wait "$cron"
echo 'pgfleet: cron has ended' >&2
exit 1
