#!/usr/bin/env bash
# Stand-in, see the Dockerfile. Starts `postgres` with the given arguments, after initialising $PGDATA when that is empty; any other
# program is just started.
set -Eeuo pipefail

unsupported() {
  echo "error: this stand-in for the official image does not support $1" >&2
  exit 1
}

# The value of a variable, or the content of the file that its _FILE form names.
variable() {
  local name=$1 file=$1_FILE
  if [ -n "${!name:-}" ] && [ -n "${!file:-}" ]; then
    echo "error: both $name and $file are set (but are exclusive)" >&2
    return 1
  fi
  if [ -n "${!file:-}" ]; then cat -- "${!file}"; else printf %s "${!name:-${2:-}}"; fi
}

only_asks() {
  local argument
  for argument; do
    case $argument in -\? | --help | --describe-config | -V | --version) return 0 ;; esac
  done
  return 1
}

is_initialised() { [ -s "$PGDATA/PG_VERSION" ]; }

# Goes on as the user postgres when entered as root, after giving that user its folders.
as_postgres() {
  [ "$(id -u)" = 0 ] || return 0
  mkdir -p "$PGDATA" /var/run/postgresql
  chmod 700 "$PGDATA"
  find "$PGDATA" \! -user postgres -exec chown postgres '{}' +
  chown postgres /var/run/postgresql
  exec setpriv --reuid=postgres --regid=postgres --init-groups "$@"
}

sql() { PGHOST='' PGHOSTADDR='' psql --no-psqlrc --no-password --set ON_ERROR_STOP=1 --username "$POSTGRES_USER" "$@"; }

# Everything that the first start does. The server runs on its socket only, with the arguments given.
initialise() {
  shift # postgres
  [ -z "${POSTGRES_INITDB_WALDIR:-}" ] || unsupported POSTGRES_INITDB_WALDIR
  local method=${POSTGRES_HOST_AUTH_METHOD:-}
  # Init files see them.
  POSTGRES_PASSWORD=$(variable POSTGRES_PASSWORD) || exit 1
  POSTGRES_USER=$(variable POSTGRES_USER postgres) || exit 1
  POSTGRES_DB=$(variable POSTGRES_DB "$POSTGRES_USER") || exit 1
  POSTGRES_INITDB_ARGS=$(variable POSTGRES_INITDB_ARGS) || exit 1
  export POSTGRES_PASSWORD POSTGRES_USER POSTGRES_DB POSTGRES_INITDB_ARGS
  if [ -z "$POSTGRES_PASSWORD" ] && [ "$method" != trust ]; then
    echo 'error: Database is uninitialized and superuser password is not specified' >&2
    exit 1
  fi

  mkdir -p "$PGDATA"
  chmod 700 "$PGDATA"
  local password_file=()
  # shellcheck disable=SC2016 # expanded by the eval below
  [ -z "$POSTGRES_PASSWORD" ] || password_file=('--pwfile=<(printf "%s\n" "$POSTGRES_PASSWORD")')
  # The arguments are words of the shell, as in the official image.
  eval 'initdb --username="$POSTGRES_USER" '"${password_file[*]} $POSTGRES_INITDB_ARGS"
  printf '\nhost all all all %s\n' "${method:-$(postgres -D "$PGDATA" -C password_encryption "$@")}" >>"$PGDATA/pg_hba.conf"

  export PGPASSWORD=${PGPASSWORD:-$POSTGRES_PASSWORD}
  local arguments
  printf -v arguments '%q ' "$@" -c listen_addresses= -p "${PGPORT:-5432}"
  PGUSER=$POSTGRES_USER pg_ctl --pgdata "$PGDATA" --options "$arguments" --wait start
  if [ "$POSTGRES_DB" != postgres ]; then
    sql --dbname postgres --set "db=$POSTGRES_DB" <<<'CREATE DATABASE :"db"'
  fi
  local file
  for file in /docker-entrypoint-initdb.d/*; do
    [ -e "$file" ] || continue
    echo "$0: running $file"
    case $file in
      *.sh) if [ -x "$file" ]; then "$file"; else unsupported "scripts that are not executable: $file"; fi ;;
      *.sql) sql --dbname "$POSTGRES_DB" --file "$file" ;;
      *) unsupported "$file in /docker-entrypoint-initdb.d" ;;
    esac
  done
  pg_ctl --pgdata "$PGDATA" --mode fast --wait stop
  unset PGPASSWORD
  echo 'PostgreSQL init process complete; ready for start up.'
}

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
