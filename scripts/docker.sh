#!/usr/bin/env bash
# Makes Docker usable where it is missing, for the tests; run again, it does nothing in a fraction of a second.
#
#   scripts/docker.sh               engine, compose plugin, base images
#   scripts/docker.sh --print-env   ... and prints the variables that name the base images
#
# An engine that answers is used as it is, and pulls the real images. Where none does, and this is root on Debian, Docker is installed and
# its engine started by hand; such a machine is taken for one that reaches no image registry (none is ever asked), so that the base
# images are built from Debian's packages: test/images. PGFLEET_STAND_IN=1 builds them for any engine.
set -euo pipefail
cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/.."

die() {
  echo "docker: $1" >&2
  exit 3
}
say() { echo "docker: $1" >&2; }

print_env=
case "$*" in
  '') ;;
  --print-env) print_env=1 ;;
  *) echo "usage: $0 [--print-env]" >&2; exit 2 ;;
esac
cache=${PGFLEET_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/pgfleet}
ours=pgfleet.started-by=scripts/docker.sh
trixie=${PGFLEET_TRIXIE_ROOT:-$cache/trixie}
plugins=/usr/local/lib/docker/cli-plugins
compose_needed=2.20
engine_wanted=25.0
export DEBIAN_FRONTEND=noninteractive

at_least() { [ "$(printf '%s\n' "$1" "$2" | sort -V | head -n 1)" = "$1" ]; }

is_root_on_debian() { [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null && grep -qx 'ID=debian' /etc/os-release; }

# Version and labels of the engine; fails where none answers.
engine() {
  local info
  info=$(docker info --format '{{.ServerVersion}} {{.Labels}}' 2>/dev/null) && [ -n "${info%% *}" ] && echo "$info"
}

# No service starts on install.
install_packages() {
  say "installing $*"
  local policy=/usr/sbin/policy-rc.d made=
  if [ ! -e "$policy" ]; then
    printf '#!/bin/sh\nexit 101\n' >"$policy"
    chmod 755 "$policy"
    made=1
  fi
  local status=0
  { apt-get update -q && apt-get install -yq --no-install-recommends "$@"; } >"$cache/docker-install.log" 2>&1 || status=$?
  [ -z "$made" ] || rm -f "$policy"
  [ "$status" = 0 ] || { tail -n 20 "$cache/docker-install.log" >&2; die "installing $* failed, see $cache/docker-install.log"; }
}

# A process identifier in a file that is not (any longer) that of the program would keep the engine from starting.
drop_stale_pid() {
  local file=$1 program=$2 pid
  pid=$(cat "$file" 2>/dev/null) || return 0
  [ "$(cat "/proc/$pid/comm" 2>/dev/null)" = "$program" ] || rm -f "$file"
}

# Folder of the programs of Debian 13's engine. They run on Debian 12, whose own is of 2020 and no longer what people have.
newer_engine() {
  local programs=$cache/docker-engine program
  scripts/debian-root.sh trixie "$trixie" docker.io 9>&-
  mkdir -p "$programs"
  for program in sbin/dockerd sbin/docker-proxy bin/containerd bin/containerd-shim-runc-v2; do
    ln -sfn "$trixie/usr/$program" "$programs/${program#*/}"
  done
  for program in dockerd containerd; do "$programs/$program" --version >/dev/null 2>>"$cache/dockerd.log" || return; done
  echo "$programs"
}

start_engine() {
  [ -z "${DOCKER_HOST:-}" ] || die "no engine answers at $DOCKER_HOST (DOCKER_HOST): start it, or unset the variable"
  is_root_on_debian || die 'no Docker engine answers: start one (only as root on Debian can this script install and start it)'
  local missing=() program
  for program in docker:docker.io dockerd:docker.io containerd:containerd runc:runc iptables:iptables; do
    command -v "${program%:*}" >/dev/null || missing+=("${program#*:}")
  done
  mountpoint -q /sys/fs/cgroup || command -v cgroupfs-mount >/dev/null || missing+=(cgroupfs-mount)
  [ ${#missing[@]} = 0 ] || install_packages "${missing[@]}"
  mountpoint -q /sys/fs/cgroup || cgroupfs-mount

  drop_stale_pid /var/run/docker.pid dockerd
  drop_stale_pid /var/run/docker/containerd/containerd.pid containerd
  if [ ! -e /var/run/docker.pid ]; then
    local programs=
    at_least "$engine_wanted" "$(dockerd --version | sed -E 's/^[^0-9]*([0-9.]+).*/\1/')" || programs=$(newer_engine) ||
      say 'the engine of Debian 13 does not run here: taking the one of this machine'
    say "starting dockerd, its log is $cache/dockerd.log"
    PATH=${programs:+$programs:}$PATH setsid --fork dockerd --label "$ours" </dev/null >"$cache/dockerd.log" 2>&1 9>&-
  fi
  local waited
  for ((waited = 0; waited < 300; waited++)); do
    if engine >/dev/null; then return; fi
    sleep 0.2
  done
  tail -n 20 "$cache/dockerd.log" >&2 || true
  die "dockerd does not answer after a minute, see $cache/dockerd.log"
}

compose_is_usable() {
  local version
  version=$(docker compose version --short 2>/dev/null) || return 1
  at_least "$compose_needed" "${version#v}"
}

# The plugin of Debian 13: Debian 12 has version 1 only.
install_compose() {
  is_root_on_debian || die "docker compose $compose_needed or newer is needed (only as root on Debian can this script install it)"
  scripts/debian-root.sh trixie "$trixie" docker-compose
  mkdir -p "$plugins"
  install -m 755 "$trixie/usr/libexec/docker/cli-plugins/docker-compose" "$plugins/docker-compose.new"
  mv "$plugins/docker-compose.new" "$plugins/docker-compose"
  compose_is_usable || die "docker compose does not work with the plugin in $plugins"
}

mkdir -p "$cache"
exec 9>"$cache/docker.lock"
flock 9
found=$(engine) || { start_engine; found=$(engine); }
compose_is_usable || install_compose

debian_image='' postgres_image=''
if [[ $found = *"$ours"* || ${PGFLEET_STAND_IN:-} = 1 ]]; then
  debian_image=pgfleet-test/debian:trixie-slim
  postgres_image=pgfleet-test/postgres:17-trixie
  test/images/build.sh "$debian_image" "$postgres_image" 9>&-
fi
[ -z "$print_env" ] || printf 'PGFLEET_DEBIAN_IMAGE=%s\nPGFLEET_POSTGRES_17_IMAGE=%s\n' "$debian_image" "$postgres_image"
