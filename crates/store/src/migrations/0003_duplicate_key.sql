-- What an invoice is found by when another may be the same: a row per key, narrow, so that the cost
-- of a look does not grow with history. `name` is the first 64 bits of the key's SHA-256; what is
-- found is compared in full afterwards. `day` is the invoice date in days since 1970.

CREATE TABLE duplicate_key (
    name BIGINT NOT NULL,
    day  BIGINT NOT NULL,
    seq  BIGINT NOT NULL,
    PRIMARY KEY (name, day, seq)
) WITHOUT ROWID;
