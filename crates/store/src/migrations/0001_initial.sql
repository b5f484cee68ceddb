-- Everything that must survive a crash. Ids are text, instants are microseconds since 1970 (UTC),
-- amounts and quantities are exact text, JSON is text. `seq`, `booking` and `position` grow in the
-- order of commits.

CREATE TABLE document (
    id           TEXT   NOT NULL PRIMARY KEY,
    sha256       TEXT   NOT NULL,
    content_type TEXT   NOT NULL,
    channel      TEXT   NOT NULL,
    received_at  BIGINT NOT NULL,
    bytes        BLOB   NOT NULL
);

CREATE TABLE invoice (
    seq                     INTEGER PRIMARY KEY,
    id                      TEXT    NOT NULL UNIQUE,
    version                 BIGINT  NOT NULL,
    state                   TEXT    NOT NULL,
    outcome                 TEXT    NOT NULL,
    supplier_id             TEXT    NOT NULL,
    supplier_group          TEXT    NOT NULL,
    supplier_invoice_number TEXT    NOT NULL,
    normalised_number       TEXT    NOT NULL,
    kind                    TEXT    NOT NULL,
    currency                TEXT    NOT NULL,
    gross_amount            TEXT    NOT NULL,
    at_stake                TEXT    NOT NULL,
    invoice_date            TEXT    NOT NULL,
    facility_id             TEXT,
    document_id             TEXT    NOT NULL,
    payload_sha256          TEXT    NOT NULL,
    channel                 TEXT    NOT NULL,
    submitted_by            TEXT    NOT NULL,
    correlation_id          TEXT    NOT NULL,
    run_no                  BIGINT  NOT NULL,
    codes                   TEXT    NOT NULL,
    erp                     TEXT,
    waiting_since           BIGINT,
    created_at              BIGINT  NOT NULL,
    updated_at              BIGINT  NOT NULL,
    body                    TEXT    NOT NULL
);
CREATE INDEX invoice_by_state          ON invoice (state, seq);
CREATE INDEX invoice_by_supplier       ON invoice (supplier_id, seq);
CREATE INDEX invoice_by_supplier_state ON invoice (supplier_id, state, seq);
CREATE INDEX invoice_by_facility       ON invoice (facility_id, seq);
CREATE INDEX invoice_by_facility_state ON invoice (facility_id, state, seq);
CREATE INDEX invoice_by_payload        ON invoice (payload_sha256, channel);
CREATE INDEX invoice_by_normalised     ON invoice (supplier_group, normalised_number, seq);
CREATE INDEX invoice_by_number         ON invoice (supplier_invoice_number, seq);
CREATE INDEX invoice_waiting           ON invoice (waiting_since, seq)
    WHERE waiting_since IS NOT NULL;

CREATE TABLE invoice_reason (
    code TEXT   NOT NULL,
    seq  BIGINT NOT NULL,
    PRIMARY KEY (code, seq)
) WITHOUT ROWID;
CREATE INDEX invoice_reason_by_invoice ON invoice_reason (seq);

CREATE TABLE match_run (
    invoice_id     TEXT   NOT NULL,
    run_no         BIGINT NOT NULL,
    cause          TEXT   NOT NULL,
    policy_version TEXT   NOT NULL,
    evaluated_at   BIGINT NOT NULL,
    result         TEXT   NOT NULL,
    facts          TEXT   NOT NULL,
    PRIMARY KEY (invoice_id, run_no)
);

CREATE TABLE hold (
    id           TEXT   NOT NULL PRIMARY KEY,
    invoice_id   TEXT   NOT NULL,
    code         TEXT   NOT NULL,
    tolerance    TEXT,
    invoice_line BIGINT,
    state        TEXT   NOT NULL,
    opened_at    BIGINT NOT NULL,
    closed_at    BIGINT,
    detail       TEXT   NOT NULL
);
CREATE INDEX hold_by_invoice ON hold (invoice_id, opened_at, id);

CREATE TABLE claim (
    booking               INTEGER PRIMARY KEY,
    purchase_order_number TEXT    NOT NULL,
    purchase_order_line   BIGINT  NOT NULL,
    invoice_id            TEXT    NOT NULL,
    invoice_line          BIGINT  NOT NULL,
    receipt_number        TEXT,
    quantity              TEXT    NOT NULL,
    uom                   TEXT    NOT NULL,
    amount                TEXT    NOT NULL,
    currency              TEXT    NOT NULL
);
CREATE INDEX claim_by_order_line ON claim (purchase_order_number, purchase_order_line, booking);
CREATE INDEX claim_by_invoice    ON claim (invoice_id, booking);

CREATE TABLE guard (
    name    TEXT   NOT NULL PRIMARY KEY,
    version BIGINT NOT NULL
);

CREATE TABLE event (
    position      INTEGER PRIMARY KEY,
    id            TEXT    NOT NULL UNIQUE,
    source        TEXT    NOT NULL,
    partitionkey  TEXT    NOT NULL,
    sequence      BIGINT  NOT NULL,
    body          TEXT    NOT NULL,
    UNIQUE (source, partitionkey, sequence)
);

CREATE TABLE event_ref (
    kind     TEXT   NOT NULL,
    name     TEXT   NOT NULL,
    position BIGINT NOT NULL,
    PRIMARY KEY (kind, name, position)
) WITHOUT ROWID;

CREATE TABLE idempotency (
    principal   TEXT   NOT NULL,
    operation   TEXT   NOT NULL,
    name        TEXT   NOT NULL,
    fingerprint TEXT   NOT NULL,
    status      BIGINT NOT NULL,
    body        BLOB   NOT NULL,
    created_at  BIGINT NOT NULL,
    expires_at  BIGINT NOT NULL,
    PRIMARY KEY (principal, operation, name)
);
CREATE INDEX idempotency_by_expiry ON idempotency (expires_at);

CREATE TABLE work (
    seq        INTEGER PRIMARY KEY,
    id         TEXT    NOT NULL UNIQUE,
    lane       TEXT    NOT NULL,
    kind       TEXT    NOT NULL,
    name       TEXT    NOT NULL,
    payload    TEXT    NOT NULL,
    state      TEXT    NOT NULL,
    due_at     BIGINT,
    attempts   BIGINT  NOT NULL,
    last_error TEXT,
    created_at BIGINT  NOT NULL
);
CREATE INDEX work_due        ON work (lane, due_at, seq) WHERE due_at IS NOT NULL;
CREATE INDEX work_unfinished ON work (name, seq) WHERE state <> 'done';
CREATE INDEX work_by_state   ON work (lane, state) WHERE state <> 'done';
