-- What can be traded, and what the other files build on: domains, keys, the refusal of changes.
--
-- Errors of this service, beside those of PostgreSQL:
--   TR001  an order is in a state that does not allow this
--   TR002  an order would be filled with more than its quantity
--   TR003  a client_order_id has been used for another order
--   TR004  an execution has been reported with other content
--   TR005  a record that is kept as it is would be changed or deleted
--   TR006  an instrument is not traded, or not at this price or in this quantity
--   TR007  the audit trail was tampered with, or a position is not what its executions make of it
--   P0002  there is no such order or instrument

CREATE DOMAIN trading.currency_code AS text CHECK (value ~ '^[A-Z]{3}$');
COMMENT ON DOMAIN trading.currency_code IS 'ISO 4217';

CREATE DOMAIN trading.order_side AS text CHECK (value IN ('buy', 'sell'));
COMMENT ON DOMAIN trading.order_side IS 'FIX tag 54';

-- numeric knows a NaN, which is greater than all numbers, and of which no sum recovers.
CREATE DOMAIN trading.positive_amount AS numeric(20, 8) CHECK (value > 0 AND value <> 'NaN');
COMMENT ON DOMAIN trading.positive_amount IS 'Quantities and prices';

-- Milliseconds since 1970, the version, chance: https://www.rfc-editor.org/rfc/rfc9562#section-5.7
CREATE FUNCTION trading.uuid_v7() RETURNS uuid
LANGUAGE sql VOLATILE PARALLEL SAFE
RETURN overlay(
  overlay(replace(gen_random_uuid()::text, '-', '') PLACING lpad(to_hex((extract(epoch FROM clock_timestamp()) * 1000)::bigint), 12, '0') FROM 1)
  PLACING '7' FROM 13
)::uuid;
COMMENT ON FUNCTION trading.uuid_v7() IS 'A UUID of version 7: keys made later sort later, so that an index grows at its end';

-- A row that is kept as it is: whoever asks, the answer is no. Retention is let through by the WHEN of a trigger.
CREATE FUNCTION trading.refuse_change() RETURNS trigger
LANGUAGE plpgsql SET search_path = '' AS $$
BEGIN
  RAISE EXCEPTION USING
    ERRCODE = 'TR005',
    MESSAGE = format('%s of %I.%I is refused: %s', lower(TG_OP), TG_TABLE_SCHEMA, TG_TABLE_NAME, coalesce(TG_ARGV[0], 'its rows are kept as they are')),
    SCHEMA = TG_TABLE_SCHEMA,
    TABLE = TG_TABLE_NAME;
END
$$;
COMMENT ON FUNCTION trading.refuse_change() IS 'Trigger: refuses the statement; its argument says why';

CREATE TABLE trading.instruments (
  id         integer PRIMARY KEY,
  symbol     text NOT NULL CHECK (symbol ~ '^[A-Z0-9.]{1,20}$'),
  currency   trading.currency_code NOT NULL,
  venue      text NOT NULL DEFAULT 'XOFF' CHECK (venue ~ '^[A-Z0-9]{4}$'),
  tick_size  trading.positive_amount NOT NULL DEFAULT 0.01,
  lot_size   trading.positive_amount NOT NULL DEFAULT 1,
  tradable   boolean NOT NULL DEFAULT true,
  changed_at timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT instruments_symbol_key UNIQUE (symbol)
);
COMMENT ON TABLE trading.instruments IS 'What can be traded; a copy of what trading needs of the instruments of market-data';
COMMENT ON COLUMN trading.instruments.id IS 'Key of market.instruments in the market-data database';
COMMENT ON COLUMN trading.instruments.venue IS 'Market identifier code, ISO 10383; XOFF is off exchange';
COMMENT ON COLUMN trading.instruments.tick_size IS 'Prices are multiples of it';
COMMENT ON COLUMN trading.instruments.lot_size IS 'Quantities are multiples of it';

-- Orders, executions and positions hold a copy of it: amounts would change their meaning.
CREATE TRIGGER keep_currency BEFORE UPDATE OF id, currency ON trading.instruments
FOR EACH ROW WHEN (OLD.id <> NEW.id OR OLD.currency <> NEW.currency)
EXECUTE FUNCTION trading.refuse_change('an instrument keeps its id and its currency; another currency is another instrument');
