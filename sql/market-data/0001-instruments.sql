-- What is traded.

CREATE TABLE market.instruments (
  id       integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  symbol   text NOT NULL UNIQUE,
  isin     text CHECK (isin ~ '^[A-Z]{2}[A-Z0-9]{9}[0-9]$'),
  name     text NOT NULL,
  currency text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
  traded   boolean NOT NULL DEFAULT true
);
COMMENT ON TABLE market.instruments IS 'Instruments whose prices are followed; all prices of one are in its currency';
COMMENT ON COLUMN market.instruments.isin IS 'International Securities Identification Number (ISO 6166); currencies and indexes have none';

CREATE INDEX instruments_isin_idx ON market.instruments USING hash (isin);
