import { count, type TuningGroup, word } from './tuning.ts'

/** Kept for a superuser when everything else is taken; PostgreSQL's own default. */
const superuserReserved = 3

export const connections: TuningGroup = {
  title: 'Connections',
  *tune({ connections: parts }) {
    yield count('superuser_reserved_connections', superuserReserved, 'a superuser gets in when all else is taken (PostgreSQL default)')
    const total = parts.reduce((sum, { amount }) => sum + amount, superuserReserved)
    const sum = [...parts, { name: 'superuser', amount: superuserReserved }].map(({ name, amount }) => `${amount} ${name}`).join(' + ')
    yield count('max_connections', total, sum)
    yield word('idle_in_transaction_session_timeout', '5min', 'a forgotten transaction holds a pool connection and stops vacuum')
    yield word('client_connection_check_interval', '10s', 'queries of clients that went away are ended')
    yield word('tcp_keepalives_idle', '60s', 'dead peers are noticed within minutes, not hours')
  },
}
