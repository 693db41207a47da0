-- What values look like: keys, money, tokens, and text that holds no card number (PCI DSS: none is stored, anywhere).

CREATE FUNCTION payments.uuid_v7() RETURNS uuid
LANGUAGE sql VOLATILE PARALLEL SAFE
RETURN encode(
  -- 48 bits of milliseconds, then a random UUID whose version becomes 7; its variant is right already.
  set_byte(
    substring(int8send((extract(epoch FROM clock_timestamp()) * 1000)::bigint) FROM 3) || substring(uuid_send(gen_random_uuid()) FROM 7),
    6, get_byte(uuid_send(gen_random_uuid()), 6) & 15 | 112
  ),
  'hex'
)::uuid;
COMMENT ON FUNCTION payments.uuid_v7() IS 'A new key that sorts by time (RFC 9562, version 7)';

CREATE FUNCTION payments.is_luhn(digits text) RETURNS boolean
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN (
  SELECT sum(CASE WHEN place % 2 = 1 THEN digit ELSE 2 * digit - CASE WHEN digit > 4 THEN 9 ELSE 0 END END) % 10 = 0
  FROM (SELECT character::integer, ordinality
    FROM string_to_table(reverse(digits), NULL) WITH ORDINALITY AS characters (character, ordinality))
    AS numbers (digit, place)
);
COMMENT ON FUNCTION payments.is_luhn(text) IS 'Whether the last of these digits is the check digit of the others (ISO/IEC 7812-1, annex B)';

-- Refused are 13 to 19 digits with a right check digit that stand alone, whatever separates them, and those of the known card brands
-- anywhere in longer numbers. Keys in the form of a UUID are no card numbers. A colon does not separate, or one moment in ten would look
-- like a card; one number in ten still does by chance, and is refused: that is the safe side.
CREATE FUNCTION payments.contains_card_number(value text) RETURNS boolean
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE SET search_path = '' AS $$
DECLARE
  brand constant text := '^(4[0-9]{12}|4[0-9]{15}|4[0-9]{18}|5[1-5][0-9]{14}|2(22[1-9]|2[3-9][0-9]|[3-6][0-9]{2}|7[01][0-9]|720)[0-9]{12}'
    '|3[47][0-9]{13}|3(0[0-5]|[68][0-9])[0-9]{11}|35(2[89]|[3-8][0-9])[0-9]{12}|6(011|4[4-9][0-9]|5[0-9]{2})[0-9]{12}|62[0-9]{14})$';
  plain text := translate(
    normalize(value, NFKC), '٠١٢٣٤٥٦٧٨٩۰۱۲۳۴۵۶۷۸۹०१२३४५६७८९', '012345678901234567890123456789');
  run text;
  digits text;
BEGIN
  plain := regexp_replace(plain, '\m[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}\M', 'uuid', 'gi');
  FOR run IN
    SELECT matched[1] FROM regexp_matches(plain, '[0-9](?:[^0-9A-Za-z:]{0,8}[0-9]){12,}', 'g') AS matches (matched)
  LOOP
    digits := regexp_replace(run, '[^0-9]', '', 'g');
    IF EXISTS (
      WITH parts AS (
        SELECT part, sum(length(part)) OVER (ORDER BY place) AS stop
        FROM regexp_split_to_table(run, '[^0-9]+') WITH ORDINALITY AS split (part, place)
      ), candidates AS (
        SELECT substr(digits, (first.stop - length(first.part))::integer + 1,
          (last.stop - first.stop)::integer + length(first.part)) AS number
        FROM parts AS first JOIN parts AS last ON last.stop - first.stop + length(first.part) BETWEEN 13 AND 19
        UNION ALL
        SELECT substr(part, start, size)
        FROM parts, generate_series(1, length(part) - 12) AS start, unnest(ARRAY[13, 14, 15, 16, 19]) AS size
        WHERE substr(part, start, size) ~ brand
      )
      SELECT FROM candidates WHERE payments.is_luhn(candidates.number)
    ) THEN
      RETURN true;
    END IF;
  END LOOP;
  RETURN false;
END
$$;
COMMENT ON FUNCTION payments.contains_card_number(text) IS
  'Whether a text holds what looks like a card number: 13 to 19 digits, separated or not, with a right check digit';

-- Nearly every text passes the first test: without thirteen digits in a row the function is not called.
CREATE DOMAIN payments.free_text AS text CONSTRAINT free_text_no_card_number CHECK (
  char_length(VALUE) <= 1000 AND (
    octet_length(VALUE) = char_length(VALUE) AND VALUE !~ '[0-9]([^0-9A-Za-z:]{0,8}[0-9]){12}'
    OR NOT payments.contains_card_number(VALUE)
  )
);
COMMENT ON DOMAIN payments.free_text IS 'What people write, without card numbers';

CREATE DOMAIN payments.reference AS text CONSTRAINT reference_no_card_number CHECK (
  VALUE ~ '^[A-Za-z0-9][A-Za-z0-9_.:-]{0,127}$'
  AND (VALUE !~ '[0-9]([^0-9A-Za-z:]{0,8}[0-9]){12}' OR NOT payments.contains_card_number(VALUE))
);
COMMENT ON DOMAIN payments.reference IS 'Codes, keys and names that programs give';

CREATE DOMAIN payments.token AS text CONSTRAINT token_no_card_number CHECK (
  VALUE ~ '^[a-z]{2,12}_[A-Za-z0-9]{16,64}$' AND (VALUE !~ '[0-9]{13}' OR NOT payments.contains_card_number(VALUE))
);
COMMENT ON DOMAIN payments.token IS 'What a payment provider gives instead of a card number: its prefix, and random letters and digits';

CREATE DOMAIN payments.currency_code AS text CONSTRAINT currency_code_format CHECK (VALUE ~ '^[A-Z]{3}$');
COMMENT ON DOMAIN payments.currency_code IS 'ISO 4217';

CREATE DOMAIN payments.country_code AS text CONSTRAINT country_code_format CHECK (VALUE ~ '^[A-Z]{2}$');
COMMENT ON DOMAIN payments.country_code IS 'ISO 3166-1';

-- Twelve digits before the point: a card number does not fit.
CREATE DOMAIN payments.money AS numeric(16, 4) CONSTRAINT money_is_a_number CHECK (VALUE <> 'NaN');
COMMENT ON DOMAIN payments.money IS 'An amount, in units of the currency beside it';

CREATE FUNCTION payments.minor_units(currency payments.currency_code) RETURNS integer
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN CASE
  WHEN currency::text IN
    ('BIF', 'CLP', 'DJF', 'GNF', 'ISK', 'JPY', 'KMF', 'KRW', 'PYG', 'RWF', 'UGX', 'VND', 'VUV', 'XAF', 'XOF', 'XPF') THEN 0
  WHEN currency::text IN ('BHD', 'IQD', 'JOD', 'KWD', 'LYD', 'OMR', 'TND') THEN 3
  ELSE 2
END;
COMMENT ON FUNCTION payments.minor_units(payments.currency_code) IS 'Digits behind the point (ISO 4217)';

CREATE FUNCTION payments.round_money(amount numeric, currency payments.currency_code) RETURNS numeric
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN round(amount, payments.minor_units(currency));
COMMENT ON FUNCTION payments.round_money(numeric, payments.currency_code) IS 'To what can be paid in a currency; halves go away from zero';

CREATE FUNCTION payments.refuse_change() RETURNS trigger
LANGUAGE plpgsql SET search_path = '' AS $$
BEGIN
  RAISE EXCEPTION USING
    ERRCODE = 'TR002',
    MESSAGE = format('rows of %I.%I are only ever added', TG_TABLE_SCHEMA, TG_TABLE_NAME),
    HINT = 'correct a booking with a reversing one';
END
$$;
COMMENT ON FUNCTION payments.refuse_change() IS 'Trigger: refuses to change a table that is only added to (TR002)';
