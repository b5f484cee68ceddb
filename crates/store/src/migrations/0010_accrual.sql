-- What the ledger is asked to post: journal intents under their keys, the runs that made them, and
-- what was accrued per order line and period, so that a later run proposes the difference.

CREATE TABLE journal (
    seq             INTEGER PRIMARY KEY,
    name            TEXT    NOT NULL UNIQUE,
    run_id          TEXT    NOT NULL,
    state           TEXT    NOT NULL,
    intent          TEXT    NOT NULL,
    document_number TEXT,
    detail          TEXT,
    created_at      BIGINT  NOT NULL,
    updated_at      BIGINT  NOT NULL
);
CREATE INDEX journal_by_run ON journal (run_id, seq);

CREATE TABLE accrual_run (
    seq        INTEGER PRIMARY KEY,
    id         TEXT    NOT NULL UNIQUE,
    period     TEXT    NOT NULL,
    body       TEXT    NOT NULL,
    created_at BIGINT  NOT NULL
);
CREATE INDEX accrual_run_by_period ON accrual_run (period, seq);

CREATE TABLE accrued (
    period                TEXT   NOT NULL,
    purchase_order_number TEXT   NOT NULL,
    purchase_order_line   BIGINT NOT NULL,
    currency              TEXT   NOT NULL,
    run_id                TEXT   NOT NULL,
    accrued               BIGINT NOT NULL,
    in_transit            BIGINT NOT NULL,
    PRIMARY KEY (period, purchase_order_number, purchase_order_line, currency, run_id)
) WITHOUT ROWID;
