-- Events that have left the log for the archive: what is told again is still known, and the numbers
-- of its key go on. What they are found by stays, so that a reader is told that some are not here.

CREATE TABLE archived_event (
    id            TEXT   NOT NULL PRIMARY KEY,
    source        TEXT   NOT NULL,
    partitionkey  TEXT   NOT NULL,
    sequence      BIGINT NOT NULL,
    UNIQUE (source, partitionkey, sequence)
) WITHOUT ROWID;

-- The invoices of a flow are found without its events.
CREATE INDEX invoice_by_correlation ON invoice (correlation_id, seq);
