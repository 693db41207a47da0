# The ops container of a fleet: Debian's cron, PostgreSQL's client programs, and the pgfleet of this package. Built from the folder of the
# package; `pgfleet generate` writes the compose file that does so.
ARG BASE_IMAGE=debian:trixie-slim
FROM ${BASE_IMAGE}
# pg_dump must be at least as new as the newest server.
ARG CLIENT=postgresql-client-17
RUN groupadd --system --gid 6433 pgfleet \
 && useradd --system --uid 6433 --gid 6433 --no-create-home --home-dir /var/lib/pgfleet --shell /usr/sbin/nologin pgfleet \
 && apt-get update \
 && apt-get install --yes --no-install-recommends cron nodejs "$CLIENT" \
 && rm -rf /var/lib/apt/lists/* /etc/crontab /etc/cron.d/* \
 # No container may change the login user of a process.
 && sed -i '/pam_loginuid/d' /etc/pam.d/cron \
 # A volume takes its owner from the folder that it is first mounted over.
 && install --directory --owner=pgfleet --group=pgfleet --mode=0755 /var/lib/pgfleet /srv/pgfleet \
 && install --directory --owner=pgfleet --group=pgfleet --mode=0700 /var/backups/pgfleet
COPY docker/ops-start.sh /usr/local/bin/pgfleet-ops-start
COPY docker/ops-minute.sh /usr/local/bin/pgfleet-ops-minute
COPY docker/ops-shell.sh /usr/local/bin/pgfleet-ops-shell
COPY docker/ops-healthy.sh /usr/local/bin/pgfleet-healthy
COPY docker/ops-pgfleet.sh /usr/local/bin/pgfleet
COPY package.json /opt/pgfleet/
COPY dist /opt/pgfleet/dist
ENV TZ=UTC \
    PGFLEET_OPS=1 \
    PGFLEET_STATE=/var/lib/pgfleet \
    PGFLEET_BACKUPS=/var/backups/pgfleet \
    PGPASSFILE=/run/pgfleet/pgpass \
    PGSSLROOTCERT=/run/pgfleet/ca.crt
WORKDIR /srv/pgfleet
STOPSIGNAL SIGTERM
ENTRYPOINT []
CMD ["pgfleet-ops-start"]
