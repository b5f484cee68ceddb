-- Cases are escalated when they take too long, and found by who has them. What is open is found
-- without what is over. What a person stated of an invoice beside its document, and the credits that
-- are expected for it.

ALTER TABLE exception_case ADD COLUMN assignee TEXT;
ALTER TABLE exception_case ADD COLUMN escalates_at BIGINT;
UPDATE exception_case SET escalates_at = due_at WHERE state <> 'resolved';
CREATE INDEX case_by_escalation ON exception_case (escalates_at, seq)
    WHERE escalates_at IS NOT NULL;
CREATE INDEX case_by_queue ON exception_case (queue, due_at, seq);
CREATE INDEX case_by_assignee ON exception_case (assignee, due_at, seq)
    WHERE assignee IS NOT NULL;
CREATE INDEX case_open_by_due ON exception_case (due_at, seq) WHERE state <> 'resolved';
CREATE INDEX case_open_by_queue ON exception_case (queue, due_at, seq) WHERE state <> 'resolved';

CREATE TABLE association (
    invoice_id            TEXT   NOT NULL,
    invoice_line          BIGINT NOT NULL,
    purchase_order_number TEXT   NOT NULL,
    purchase_order_line   BIGINT NOT NULL,
    decided_by            TEXT   NOT NULL,
    reason                TEXT   NOT NULL,
    decided_at            BIGINT NOT NULL,
    PRIMARY KEY (invoice_id, invoice_line)
) WITHOUT ROWID;

CREATE TABLE expected_credit (
    id         TEXT   NOT NULL PRIMARY KEY,
    invoice_id TEXT   NOT NULL,
    kind       TEXT   NOT NULL,
    amount     TEXT   NOT NULL,
    currency   TEXT   NOT NULL,
    reason     TEXT   NOT NULL,
    asked_by   TEXT   NOT NULL,
    asked_at   BIGINT NOT NULL
);
CREATE INDEX expected_credit_by_invoice ON expected_credit (invoice_id, id);
