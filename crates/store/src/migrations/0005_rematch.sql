-- What matching again needs: which invoices an order touches, in which turn invoices claim (an
-- invoice that is matched again keeps its turn, and a credit has the turn of what it cites), which
-- credits cite an invoice, and where the feed of each back end is read from.

CREATE TABLE invoice_order (
    purchase_order_number TEXT   NOT NULL,
    seq                   BIGINT NOT NULL,
    PRIMARY KEY (purchase_order_number, seq)
) WITHOUT ROWID;
INSERT INTO invoice_order (purchase_order_number, seq)
    SELECT DISTINCT r.name, i.seq FROM event_ref r
    JOIN event e ON e.position = r.position
    JOIN invoice i ON i.id = e.partitionkey
    WHERE r.kind = 'purchase_order';

ALTER TABLE claim ADD COLUMN turn BIGINT NOT NULL DEFAULT 0;
UPDATE claim SET turn =
    (SELECT MIN(c.booking) FROM claim c WHERE c.invoice_id = claim.invoice_id);

CREATE TABLE citation (
    supplier_group    TEXT   NOT NULL,
    normalised_number TEXT   NOT NULL,
    seq               BIGINT NOT NULL,
    PRIMARY KEY (supplier_group, normalised_number, seq)
) WITHOUT ROWID;

CREATE TABLE place (
    name  TEXT NOT NULL PRIMARY KEY,
    place TEXT NOT NULL
);
