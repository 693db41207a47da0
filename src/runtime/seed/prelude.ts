// What seed files may call. Everything they draw follows from what is drawn and a number: the same call gives the same in every run and
// in every database, so that rows of different services belong together. Each is one expression of immutable functions, which the
// planner puts in the place of the call: bulk rows cost no call of a function.

export type SeedRange = {
  /** How much: seed files make rows in proportion. */
  readonly scale: number
  /** Where time ends in the data, ISO 8601. */
  readonly until: string
}

/** Statements that make them: functions of the session, gone with it. */
export const prelude = ({ scale, until }: SeedRange): string[] => [
  `CREATE FUNCTION pg_temp.scale() RETURNS bigint LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN ${BigInt(scale)}`,

  `CREATE FUNCTION pg_temp.until() RETURNS timestamptz LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN timestamptz '${new Date(until).toISOString()}'`,

  // From 0 to 1, without 1: the 53 bits that a double holds.
  `CREATE FUNCTION pg_temp.draw(what text, n bigint) RETURNS double precision LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
   RETURN (hashint8extended(n, hashtextextended(what, 0)) & 9007199254740991) / 9007199254740992::double precision`,

  `CREATE FUNCTION pg_temp.draw_int(what text, n bigint, low bigint, high bigint) RETURNS bigint LANGUAGE sql IMMUTABLE PARALLEL SAFE
   RETURN low + floor(pg_temp.draw(what, n) * (high - low + 1))::bigint`,

  `CREATE FUNCTION pg_temp.draw_time(what text, n bigint, since timestamptz, until timestamptz) RETURNS timestamptz
   LANGUAGE sql STABLE PARALLEL SAFE RETURN since + pg_temp.draw(what, n) * (until - since)`,

  // As a UUID of version 7 (RFC 9562): 48 bits of time, so that keys of higher numbers come later, 4 of version, 12 drawn; 2 of variant,
  // 62 drawn. 1600000000000 has 11 hexadecimal digits, and so have the numbers after it.
  `CREATE FUNCTION pg_temp.key(kind text, n bigint) RETURNS uuid LANGUAGE sql IMMUTABLE PARALLEL SAFE
   RETURN ('0'
     || to_hex(((1600000000000 + n) << 16) | 28672 | (hashint8extended(n, hashtextextended(kind, 1)) & 4095))
     || to_hex((hashint8extended(n, hashtextextended(kind, 2)) & 4611686018427387903) | (-9223372036854775808)::bigint))::uuid`,
]
