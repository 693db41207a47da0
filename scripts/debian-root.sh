#!/usr/bin/env bash
# A small Debian of any suite in a folder, with packages, for chroot or `docker import`:
#
#   scripts/debian-root.sh trixie catalog-trixie postgresql-17 pgbouncer
#
# A folder without a slash lies in the cache. Run again, it installs only what is missing. Needs root.
set -euo pipefail

die() {
  echo "debian-root: $1" >&2
  exit 3
}
say() { echo "debian-root: $1" >&2; }

[ $# -ge 2 ] || { echo "usage: $0 SUITE FOLDER [PACKAGE...]" >&2; exit 2; }
suite=$1 root=$2
shift 2
[ "$(id -u)" = 0 ] || die "debootstrap needs root"
cache=${PGFLEET_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/pgfleet}
case $root in */*) ;; *) root=$cache/$root ;; esac
partial=$root.partial
stamp=etc/pgfleet-packages # one package a line
export DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8

# The Debian mirror that this machine itself uses for the suite it runs.
# shellcheck disable=SC1091,SC2016
own_mirror() {
  local uri
  uri=$(. /etc/os-release && [ "$ID" = debian ] && apt-get indextargets --format '$(RELEASE) $(REPO_URI)' "Created-By: Packages" |
    awk -v suite="$VERSION_CODENAME" '$1 == suite { print $2; exit }') || true
  case $uri in mirror+file:*) uri=$(awk '!/^#/ { print $1; exit }' "${uri#mirror+file:}") ;; esac
  [ -n "$uri" ] || die "no Debian mirror in the apt sources of this machine: set DEBIAN_MIRROR"
  echo "${uri%/}"
}

# With /proc (postgresql-common 293 refuses to be configured without), in a mount namespace: nothing to unmount, even when killed.
# shellcheck disable=SC2016
in_root() {
  unshare --mount -- sh -c 'mount -t proc proc "$0/proc" && exec chroot "$0" env PATH=/usr/sbin:/usr/bin:/sbin:/bin "$@"' "$@"
}

bootstrap() {
  command -v debootstrap >/dev/null || { apt-get update -qq && apt-get install -y -qq debootstrap >/dev/null; }
  local script=/usr/share/debootstrap/scripts/$suite
  [ -e "$script" ] || script=/usr/share/debootstrap/scripts/sid # a suite younger than this debootstrap
  local mirror
  mirror=${DEBIAN_MIRROR:-$(own_mirror)}
  rm -rf --one-file-system "$partial"
  say "debootstrap $suite"
  # Its mounts end with it, even when it is killed.
  unshare --mount -- debootstrap --variant=minbase "$suite" "$partial" "$mirror" "$script" >"$root.log" 2>&1 ||
    { tail -n 20 "$root.log" >&2; die "debootstrap $suite failed, see $root.log"; }
}

install_packages() {
  local target=$1
  shift
  say "$suite: installing $*"
  # No service starts on install, and no database cluster is made.
  printf '#!/bin/sh\nexit 101\n' >"$target/usr/sbin/policy-rc.d"
  chmod 755 "$target/usr/sbin/policy-rc.d"
  mkdir -p "$target/etc/postgresql-common"
  echo 'create_main_cluster = false' >"$target/etc/postgresql-common/createcluster.conf"
  cp -L /etc/resolv.conf /etc/hosts "$target/etc/"
  # The first line is for a run that was killed. A mirror may be a snapshot, whose testing and unstable "expire".
  {
    in_root "$target" dpkg --configure -a &&
      in_root "$target" apt-get update -q -o Acquire::Check-Valid-Until=false &&
      in_root "$target" apt-get install -yq --no-install-recommends "$@"
  } >"$root.log" 2>&1 || { tail -n 20 "$root.log" >&2; die "installing $* failed, see $root.log"; }
}

clean() {
  in_root "$1" apt-get clean
  rm -rf "$1"/var/lib/apt/lists/* "$1"/var/log/apt "$1"/var/log/*.log "$1"/var/cache/debconf/*-old
}

mkdir -p "$(dirname "$root")"
exec 9>"$root.lock"
flock 9
if [ ! -d "$root" ]; then
  bootstrap
  [ $# = 0 ] || install_packages "$partial" "$@"
  clean "$partial"
  printf '%s\n' "$@" | sort -u >"$partial/$stamp"
  mv -T "$partial" "$root"
else
  touch "$root/$stamp"
  missing=()
  for package in "$@"; do grep -qxF -- "$package" "$root/$stamp" || missing+=("$package"); done
  if [ ${#missing[@]} -gt 0 ]; then
    install_packages "$root" "${missing[@]}"
    clean "$root"
    printf '%s\n' "${missing[@]}" | sort -u - "$root/$stamp" -o "$root/$stamp"
  fi
fi
rm -f "$root.log"
say "$suite is ready in $root"
