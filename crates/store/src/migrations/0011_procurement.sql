-- What is asked for before it is ordered; which orders are followed, in which flow, and where they
-- stood when they were last looked at; and what was sent and answered about them.

CREATE TABLE requisition (
    seq                   INTEGER PRIMARY KEY,
    id                    TEXT    NOT NULL UNIQUE,
    version               BIGINT  NOT NULL,
    state                 TEXT    NOT NULL,
    requester             TEXT    NOT NULL,
    supplier_id           TEXT    NOT NULL,
    facility_id           TEXT,
    purchase_order_number TEXT,
    created_at            BIGINT  NOT NULL,
    updated_at            BIGINT  NOT NULL,
    body                  TEXT    NOT NULL
);
CREATE INDEX requisition_by_state ON requisition (state, seq);
CREATE INDEX requisition_by_supplier ON requisition (supplier_id, seq);
CREATE INDEX requisition_by_facility ON requisition (facility_id, seq);

CREATE TABLE followed_order (
    purchase_order_number TEXT   NOT NULL PRIMARY KEY,
    version               BIGINT NOT NULL,
    correlation_id        TEXT   NOT NULL,
    lifecycle             TEXT   NOT NULL
) WITHOUT ROWID;
CREATE INDEX followed_order_by_flow ON followed_order (correlation_id, purchase_order_number);

CREATE TABLE order_evidence (
    seq                   INTEGER PRIMARY KEY,
    id                    TEXT    NOT NULL UNIQUE,
    purchase_order_number TEXT    NOT NULL,
    kind                  TEXT    NOT NULL,
    recorded_by           TEXT    NOT NULL,
    recorded_at           BIGINT  NOT NULL,
    body                  TEXT    NOT NULL
);
CREATE INDEX order_evidence_by_order ON order_evidence (purchase_order_number, seq);
