#!/usr/bin/env bash
# Installs Chromium where it is missing, for the test that looks at comments; run again, it does nothing.
#
#   scripts/chromium.sh   prints the path of the browser
#
# PGFLEET_CHROMIUM names one that is there already. Only as root on Debian can it be installed.
set -euo pipefail

die() {
  echo "chromium: $1" >&2
  exit 3
}
say() { echo "chromium: $1" >&2; }

[ $# = 0 ] || { echo "usage: $0" >&2; exit 2; }
browser=${PGFLEET_CHROMIUM:-/usr/bin/chromium}
if [ ! -x "$browser" ]; then
  [ -z "${PGFLEET_CHROMIUM:-}" ] || die "there is no browser at $browser (PGFLEET_CHROMIUM)"
  { [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null && grep -qx 'ID=debian' /etc/os-release; } ||
    die 'no Chromium at /usr/bin/chromium: install it (only as root on Debian can this script do it), or set PGFLEET_CHROMIUM'
  cache=${PGFLEET_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/pgfleet}
  mkdir -p "$cache"
  say 'installing chromium and its fonts'
  log=$cache/chromium-install.log
  { apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -yq --no-install-recommends chromium fonts-dejavu-core fonts-noto-color-emoji; } \
    >"$log" 2>&1 || { tail -n 20 "$log" >&2; die "installing failed, see $log"; }
fi
echo "$browser"
