-- Money that invoices take of an order beside its lines. `kind` says what it is: `charge`, what is
-- billed of a kind of charge beyond the percentage that the order grants; `prepayment`, what is
-- paid ahead; `set_off`, what of a prepayment is used up. `name` is the kind of the charge, or the
-- supplier's number of the prepayment.

CREATE TABLE order_amount (
    booking               INTEGER PRIMARY KEY,
    purchase_order_number TEXT    NOT NULL,
    invoice_id            TEXT    NOT NULL,
    kind                  TEXT    NOT NULL,
    name                  TEXT    NOT NULL,
    amount                TEXT    NOT NULL,
    currency              TEXT    NOT NULL
);
CREATE INDEX order_amount_by_order   ON order_amount (purchase_order_number, booking);
CREATE INDEX order_amount_by_invoice ON order_amount (invoice_id, booking);
