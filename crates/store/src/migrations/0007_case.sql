-- Exception cases: what waits, for whom and until when; of an invoice one per queue at a time. And
-- what a person said of invoices that look alike: that they are two.

CREATE TABLE exception_case (
    seq         INTEGER PRIMARY KEY,
    id          TEXT    NOT NULL UNIQUE,
    version     BIGINT  NOT NULL,
    invoice_id  TEXT    NOT NULL,
    queue       TEXT    NOT NULL,
    state       TEXT    NOT NULL,
    supplier_id TEXT    NOT NULL,
    facility_id TEXT,
    opened_at   BIGINT  NOT NULL,
    due_at      BIGINT  NOT NULL,
    resolved_at BIGINT,
    body        TEXT    NOT NULL
);
CREATE INDEX case_by_invoice ON exception_case (invoice_id, seq);
CREATE INDEX case_by_due ON exception_case (due_at, seq);
CREATE UNIQUE INDEX case_open ON exception_case (invoice_id, queue) WHERE state <> 'resolved';

CREATE TABLE not_duplicate (
    invoice_id TEXT   NOT NULL,
    other      TEXT   NOT NULL,
    decided_by TEXT   NOT NULL,
    reason     TEXT   NOT NULL,
    decided_at BIGINT NOT NULL,
    PRIMARY KEY (invoice_id, other)
) WITHOUT ROWID;
CREATE INDEX not_duplicate_other ON not_duplicate (other, invoice_id);
