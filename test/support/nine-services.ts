/** Nine services of four majors, with and without packages, and an application: a valid fleet with one of each. */
export const nineServices = `version: 1
fleet: shop
host: { memory: 64GiB, cpus: 16, disk: 2TiB, storage: nvme }
services:
  accounts: { port: 5432, memory: 4GiB, cpus: 1, extensions: [pgaudit, pg_stat_statements], summary: Accounts }
  orders: { port: 5433, memory: 8GiB, cpus: 3, extensions: [timescaledb, pgaudit], pool: { size: 50, max_clients: 2000 } }
  price-history: { port: 5434, memory: 10GiB, cpus: 4, extensions: [pgaudit, timescaledb], pool: { port: 7000 } }
  search: { port: 5435, memory: 1536MiB, cpus: 0.5, postgres: 18, extensions: [vector] }
  ledger: { port: 5436, memory: 4GiB, cpus: 1, extensions: [pgaudit], workload: ledger }
  mail: { port: 5437, memory: 2GiB, cpus: 1, postgres: 16 }
  risk: { port: 5438, memory: 6GiB, cpus: 2, postgres: 15, extensions: [pg_partman], workload: analytics }
  courses: { port: 5439, memory: 4GiB, cpus: 1 }
  archive: { port: 5440, memory: 4GiB, cpus: 1 }
applications:
  checkout: { image: "registry.example/checkout:1.0", uses: [orders, price-history] }
`
