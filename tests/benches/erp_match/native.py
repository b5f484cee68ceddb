"""Times how Tryton itself matches and posts a supplier invoice, inside its own process.

usage: native.py FOLDER DATABASE LINES REPEATS

For each repeat an order of so many lines is confirmed and received in full beforehand. Timed is
what Tryton then does by itself:

    match   `purchase.process`, which makes the invoice of what was received and not yet invoiced
            and ties its lines to the stock moves, and `validate_invoice`, with the commit
    post    `post` and the tasks that it leaves behind: prices of the moves, states of the order

Prints a JSON object: of every repeat the milliseconds that passed, and those of the processor.
"""

import datetime
import json
import sys
import time
from decimal import Decimal
from pathlib import Path

FOLDER, DATABASE = sys.argv[1:3]
LINES, REPEATS = map(int, sys.argv[3:5])
CONFIG = Path(FOLDER) / "native.conf"
CONFIG.write_text(f"[database]\nuri = sqlite://\npath = {FOLDER}\n")

from trytond.config import config  # noqa: E402

config.update_etc(str(CONFIG))

from trytond.pool import Pool  # noqa: E402
from trytond.transaction import Transaction, TransactionError  # noqa: E402

GOODS = [("GLV-NIT-M", "12.50"), ("MSK-N95", "1.15")]
TODAY = datetime.date.today()

Pool.start()
POOL = Pool(DATABASE)
with Transaction().start(DATABASE, 0, readonly=True):
    POOL.init()


def model(name):
    return POOL.get(name)


def one(name, *domain):
    found, = model(name).search(list(domain), limit=1)
    return found


LOCKS = set()


def whole(do, *arguments):
    """Does it in a transaction. Tryton begins again when it finds that it needs a lock; what was
    locked once is locked from the start afterwards, so that no counted repeat begins twice."""
    while True:
        try:
            with Transaction().start(DATABASE, 1, context=CONTEXT, _lock_tables=sorted(LOCKS)):
                return do(*arguments)
        except TransactionError as error:
            assert error._table not in LOCKS, error._table
            LOCKS.add(error._table)


with Transaction().start(DATABASE, 1, readonly=True):
    CONTEXT = {"company": one("company.company").id, "_skip_warnings": True}


def received():
    """An order of so many lines, confirmed and received; its invoice is still to be made."""
    Purchase, Line, Shipment = map(model,
        ("purchase.purchase", "purchase.line", "stock.shipment.in"))
    party = one("party.party", ("code", "=", "SUP-1001"))
    warehouse = one("stock.location", ("code", "=", "LAKESIDE"))
    lines = []
    for place in range(LINES):
        code, price = GOODS[place % len(GOODS)]
        product = one("product.product", ("code", "=", code))
        lines.append(Line(type="line", product=product, unit=product.purchase_uom, quantity=20,
            unit_price=Decimal(price), description=product.name, taxes=[]))
    order = Purchase(party=party, invoice_address=party.addresses[0], warehouse=warehouse,
        payment_term=party.supplier_payment_term, purchase_date=TODAY,
        invoice_method="fulfillment", lines=lines)
    order.save()
    Purchase.quote([order])
    Purchase.confirm([order])
    Purchase.process([order])
    shipment = Shipment(supplier=party, warehouse=warehouse,
        warehouse_input=warehouse.input_location,
        warehouse_storage=warehouse.storage_location, effective_date=TODAY)
    shipment.incoming_moves = [it for line in order.lines for it in line.moves]
    shipment.save()
    Shipment.receive([shipment])
    Shipment.do([shipment])
    assert not order.invoices, "it was invoiced before its time"
    return order.id


def match(order_id, number):
    Purchase, Invoice = model("purchase.purchase"), model("account.invoice")
    Purchase.process([Purchase(order_id)])
    invoice, = Purchase(order_id).invoices
    invoice.reference, invoice.invoice_date = number, TODAY
    invoice.save()
    Invoice.validate_invoice([invoice])
    return invoice.id


def post(order_id, invoice_id):
    Purchase, Invoice, Move = map(model, ("purchase.purchase", "account.invoice", "stock.move"))
    invoice = Invoice(invoice_id)
    Invoice.post([invoice])
    # what its queue runs after the answer
    Move.update_unit_price([it for line in invoice.lines for it in line.stock_moves])
    Purchase.process([Purchase(order_id)])


def check(order_id, invoice_id):
    """It did match: every line is billed as received, and tied to its move."""
    order = model("purchase.purchase")(order_id)
    invoice = model("account.invoice")(invoice_id)
    assert invoice.state == "posted", invoice.state
    assert len(invoice.lines) == LINES
    assert all(line.quantity == 20 and line.stock_moves for line in invoice.lines)
    assert all(line.quantity_to_invoice == 0 for line in order.lines)


def timed(do, *arguments):
    clocks = (time.perf_counter, time.process_time)
    began = [clock() for clock in clocks]
    result = whole(do, *arguments)
    return result, [(clock() - start) * 1e3 for clock, start in zip(clocks, began)]


def main():
    times = {"match": [], "post": []}
    # the first fills Tryton's caches and is not counted
    for repeat in range(REPEATS + 1):
        order = whole(received)
        invoice, matched = timed(match, order, f"NATIVE-{LINES}-{repeat}")
        _none, posted = timed(post, order, invoice)
        whole(check, order, invoice)
        if repeat:
            times["match"].append(matched)
            times["post"].append(posted)
    print(json.dumps(times))


main()
