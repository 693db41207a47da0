#!/usr/bin/env bash
# usage: build.sh DEBIAN_TAG POSTGRES_TAG
#
# Builds what stands in for debian:trixie-slim and postgres:17-trixie where no registry is reached, from Debian's packages; does nothing
# when both are there and up to date. Called by scripts/docker.sh, as root.
set -euo pipefail
cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")"

debian=$1 postgres=$2
cache=${PGFLEET_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/pgfleet}
root=$cache/trixie-slim log=$cache/images.log
say() { echo "images: $1" >&2; }
label() { docker image inspect --format "{{index .Config.Labels \"$2\"}}" "$1" 2>/dev/null || true; }

if ! docker image inspect "$debian" >/dev/null 2>&1; then
  ../../scripts/debian-root.sh trixie "$root"
  say "importing $debian"
  # Its apt sources are those of this machine; a mirror may be a snapshot, whose dates are past.
  printf 'Acquire::Check-Valid-Until "false";\nAcquire::Check-Date "false";\n' >"$root/etc/apt/apt.conf.d/snapshot"
  tar -C "$root" -c --one-file-system . | docker import --change 'CMD ["bash"]' - "$debian" >/dev/null
fi

source=$({ docker image inspect --format '{{.Id}}' "$debian" && cat postgres/*; } | sha256sum | cut -d ' ' -f 1)
if [ "$(label "$postgres" pgfleet.source)" != "$source" ]; then
  say "building $postgres"
  # The network of the host: that of a build may reach no mirror. Without buildx, which Debian lacks.
  options=(--network host --build-arg "DEBIAN_IMAGE=$debian" --label "pgfleet.source=$source" --tag "$postgres")
  DOCKER_BUILDKIT=0 docker build "${options[@]}" postgres >"$log" 2>&1 ||
    { tail -n 20 "$log" >&2; say "building $postgres failed, see $log"; exit 3; }
fi
