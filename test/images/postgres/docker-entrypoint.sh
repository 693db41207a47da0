#!/usr/bin/env bash
# Stand-in, see the Dockerfile. Starts `postgres` with the given arguments, after initialising $PGDATA when that is empty; any other
# program is just started.
set -Eeuo pipefail
# shellcheck source=test/images/postgres/initdb-functions.sh
. initdb-functions.sh

case ${1:-} in -*) set -- postgres "$@" ;; esac
if [ "${1:-}" = postgres ] && ! only_asks "$@"; then
  as_postgres "$0" "$@"
  if is_initialised; then
    echo 'PostgreSQL Database directory appears to contain a database; Skipping initialization'
  else
    initialise "$@"
  fi
fi
exec "$@"
