#!/usr/bin/env bash
# Stand-in, see the Dockerfile. Initialises $PGDATA when that is empty, and ends; the arguments are those of the server.
set -Eeuo pipefail
# shellcheck source=test/images/postgres/initdb-functions.sh
. initdb-functions.sh

[ "${1:-}" = postgres ] || set -- postgres "$@"
as_postgres "$0" "$@"
if is_initialised; then
  echo "note: database already initialized in '$PGDATA'" >&2
else
  initialise "$@"
fi
