#!/usr/bin/env bash
# usage: pgfleet-ops-shell -c COMMAND
#
# The SHELL of the installed crontab: gives COMMAND the environment and the log of the container, and has its pgfleet recorded as a task
# that does not overlap itself.
set -euo pipefail

if [ "$(id -u)" = 0 ]; then
  exec /bin/sh -c "$2" >&3 2>&3
fi
# shellcheck disable=SC1091
. /run/pgfleet/environment
# shellcheck disable=SC2317,SC2329
pgfleet() { command pgfleet task run -- "$@"; }
eval "$2" >&3 2>&3
