#!/usr/bin/env bash
# Healthy: cron has run its line of every minute within the last two.
set -Eeuo pipefail

[ -n "$(find /run/pgfleet-heartbeat -newermt '-150 seconds')" ] || {
  echo 'cron has not run for 150 seconds'
  exit 1
}
