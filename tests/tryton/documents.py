"""Writes orders, receipts and a return over HTTP, as a clerk would, and says what was written.

usage: documents.py BASE_URL DATABASE OUT.json
"""

import datetime
import json
import sys
import time
import urllib.parse

from rpc import Rpc, date, decimal

TODAY = datetime.date.today()
# Never before New Year: the orders then lie in the fiscal year of today.
DAYS_AGO = lambda days: max(TODAY - datetime.timedelta(days=days), datetime.date(TODAY.year, 1, 1))

GLOVES = ("GLV-NIT-M", "u", 100, "12.50")
SYRINGES = ("SYR-10ML", "bx", 50, "2.10")
MASKS = ("MSK-N95", "u", 400, "1.15")
SALINE = ("IVS-1000", "u", 240, "2.35")
TABLETS = ("PARA-500", "bx", 12, "31.00")
PAPER = ("PAP-LTR", "u", 60, "4.80")
STENT = ("STENT-3X18", "u", 4, "940.00")
CLEANING = ("CLN-HOUR", "h", 7.5, "38.00")

ORDERS = [
    # key, supplier, lines, what happened: receipts as {line: quantity}, one dictionary per shipment
    ("received", "SUP-1001", [GLOVES], dict(receipts=[{0: 100}])),
    ("received_2", "SUP-1001", [GLOVES], dict(receipts=[{0: 100}])),
    ("received_3", "SUP-1001", [GLOVES], dict(receipts=[{0: 100}])),
    ("received_4", "SUP-1001", [MASKS], dict(receipts=[{0: 400}])),
    ("received_5", "SUP-1002", [SALINE], dict(receipts=[{0: 240}])),
    ("received_6", "SUP-1004", [STENT], dict(receipts=[{0: 4}], warehouse="RIVERSIDE")),
    ("received_lines", "SUP-1001", [GLOVES, MASKS, SYRINGES],
        dict(receipts=[{0: 100, 1: 400, 2: 50}])),
    ("received_boxes", "SUP-1002", [TABLETS], dict(receipts=[{0: 12}])),
    ("received_twice", "SUP-1001", [GLOVES], dict(receipts=[{0: 30}, {0: 70}])),
    ("received_taxed", "SUP-1001", [PAPER], dict(receipts=[{0: 60}])),
    ("received_returned", "SUP-1001", [GLOVES], dict(receipts=[{0: 100}], returned={0: 15})),
    ("partial", "SUP-1001", [GLOVES], dict(receipts=[{0: 60}])),
    ("partial_2", "SUP-1002", [SALINE, TABLETS], dict(receipts=[{0: 240, 1: 5}])),
    ("open", "SUP-1001", [GLOVES], {}),
    ("open_2", "SUP-1004", [STENT], {}),
    ("service", "SUP-1003", [CLEANING], {}),
    ("billed_by_tryton", "SUP-1001", [MASKS], dict(receipts=[{0: 400}], method="order")),
    ("quotation", "SUP-1001", [GLOVES], dict(until="quotation")),
    ("cancelled", "SUP-1001", [GLOVES], dict(until="cancelled")),
    ("draft", "SUP-1001", [GLOVES], dict(until="draft")),
]
COST_CENTERS = {"GLV-NIT-M": "CC-ICU", "STENT-3X18": "CC-OR", "PARA-500": "CC-PHA"}


class Clerk:
    def __init__(self, rpc):
        self.rpc = rpc
        self.parties = self.by("party.party", "code", ["name", "active", "addresses",
            "identifiers.code", "supplier_payment_term"], [["active", "in", [True, False]]])
        self.products = self.by("product.product", "code", ["name", "default_uom.symbol",
            "purchase_uom.symbol", "account_category"])
        self.units = self.by("product.uom", "symbol", ["name"])
        self.places = self.by("stock.location", "code", ["input_location", "storage_location"],
            [["type", "=", "warehouse"]])
        self.accounts = self.by("analytic_account.account", "code", ["root", "name"])
        categories = rpc.find("product.category", [], ["supplier_taxes"])
        self.taxes = {row["id"]: row["supplier_taxes"] for row in categories}

    def by(self, model, key, fields, domain=()):
        rows = self.rpc.find(model, list(domain), [key, *fields])
        return {row[key]: row for row in rows if row[key]}

    def order(self, supplier, lines, facts):
        party = self.parties[supplier]
        order, = self.rpc.call("purchase.purchase", "create", [{
            "company": self.rpc.context["company"],
            "party": party["id"],
            "invoice_address": party["addresses"][0],
            "payment_term": party["supplier_payment_term"],
            "purchase_date": date(DAYS_AGO(20)),
            "delivery_date": date(TODAY),
            "warehouse": self.places[facts.get("warehouse", "LAKESIDE")]["id"],
            "invoice_method": facts.get("method", "manual"),
            "lines": [["create", [self.line(it) for it in lines]]],
        }])
        until = facts.get("until", "processing")
        for step in {"draft": (), "quotation": ("quote",), "cancelled": ("quote", "cancel"),
                "processing": ("quote", "confirm")}[until]:
            self.rpc.call("purchase.purchase", step, [order])
        if until == "processing":
            self.await_processing(order)
        return order

    def await_processing(self, order):
        """Tryton makes the moves of a confirmed order in a task of its own, after the answer."""
        for _ in range(100):
            row, = self.rpc.find("purchase.purchase", [["id", "=", order]], ["state"])
            if row["state"] in ("processing", "done"):
                return
            time.sleep(0.05)
        raise TimeoutError(f"order {order} stays {row['state']}")

    def line(self, line):
        code, unit, quantity, price = line
        center = self.accounts.get(COST_CENTERS.get(code))
        return {
            "type": "line",
            "product": self.products[code]["id"],
            "unit": self.units[unit]["id"],
            "quantity": quantity,
            "unit_price": decimal(price),
            "taxes": [["add", self.taxes[self.products[code]["account_category"]]]],
            "description": self.products[code]["name"],
            "analytic_accounts": [["create", [{"root": center["root"], "account": center["id"]}]]]
            if center else [],
        }

    def receive(self, order, receipt, facts, day, slip):
        head, = self.read(order)
        lines = [it["id"] for it in head["lines."]]
        moves = self.rpc.find("stock.move", [["shipment", "=", None], ["state", "=", "draft"],
            ["origin", "in", [f"purchase.line,{lines[place]}" for place in receipt]]],
            ["origin", "quantity"])
        place = self.places[facts.get("warehouse", "LAKESIDE")]
        changes = [["add", [it["id"] for it in moves]]]
        for move in moves:
            line = lines.index(int(move["origin"].split(",")[1]))
            changes.append(["write", [move["id"]], {"quantity": receipt[line]}])
        shipment, = self.rpc.call("stock.shipment.in", "create", [{
            "company": self.rpc.context["company"],
            "supplier": head["party"],
            "warehouse": place["id"],
            "warehouse_input": place["input_location"],
            "warehouse_storage": place["storage_location"],
            "effective_date": date(day),
            "reference": slip,
            "incoming_moves": changes,
        }])
        self.rpc.call("stock.shipment.in", "receive", [shipment])
        self.rpc.call("stock.shipment.in", "do", [shipment])

    def send_back(self, order, returned):
        """Tryton's own way: an order with negative lines whose origin is the first order."""
        head, = self.read(order)
        name = "wizard.purchase.return_purchase"
        context = {**self.rpc.context, "active_model": "purchase.purchase", "active_id": order,
            "active_ids": [order]}
        wizard, start, _ = self.rpc.send(f"{name}.create", [context])
        step = self.rpc.send(f"{name}.execute", [wizard, {}, start, context])
        chosen = step["view"]["buttons"][-1]["state"]
        self.rpc.send(f"{name}.execute", [wizard, {"start": {}}, chosen, context])
        of_order = [["origin", "=", f"purchase.purchase,{order}"]]
        back, = self.rpc.find("purchase.purchase", of_order, ["lines"])
        for place, line in enumerate(back["lines"]):
            self.rpc.call("purchase.line", "write", [line], {"quantity": -returned[place]})
        for step in ("quote", "confirm"):
            self.rpc.call("purchase.purchase", step, [back["id"]])
        self.await_processing(back["id"])
        back, = self.rpc.find("purchase.purchase", of_order, ["shipment_returns"])
        shipment, = back["shipment_returns"]
        for step in ("assign_try", "do"):
            self.rpc.call("stock.shipment.in.return", step, [shipment])

    def read(self, order):
        return self.rpc.find("purchase.purchase", [["id", "=", order]], ["number", "state",
            "party", "total_amount", "tax_amount", "lines.product.code", "lines.unit.symbol",
            "lines.quantity", "lines.unit_price"])


def describe(clerk, key, supplier, order, facts):
    head, = clerk.read(order)
    receipts = facts.get("receipts", [])
    return key, {
        "id": order,
        "number": head["number"],
        "supplier": supplier,
        "state": head["state"],
        "tax_amount": head["tax_amount"]["decimal"],
        "total_amount": head["total_amount"]["decimal"],
        "lines": [{
            "line_number": line["id"],
            "item": line["product."]["code"],
            "unit": line["unit."]["symbol"],
            "quantity": f"{line['quantity']:g}",
            "unit_price": line["unit_price"]["decimal"],
            "received": f"{sum(it.get(place, 0) for it in receipts):g}",
            "returned": f"{facts.get('returned', {}).get(place, 0):g}",
        } for place, line in enumerate(head["lines."])],
    }


def main():
    base_url, database, out = sys.argv[1:4]
    assert urllib.parse.urlsplit(base_url).hostname == "127.0.0.1"
    clerk = Clerk(Rpc(base_url, database).login("clerk", "clerk-secret-1"))
    orders = []
    for key, supplier, lines, facts in ORDERS:
        order = clerk.order(supplier, lines, facts)
        for place, receipt in enumerate(facts.get("receipts", [])):
            clerk.receive(order, receipt, facts, DAYS_AGO(10 - place), f"DN-{key}-{place + 1}")
        if "returned" in facts:
            clerk.send_back(order, facts["returned"])
        orders.append(describe(clerk, key, supplier, order, facts))
    seed = {
        "login": "gateway",
        "password": "gateway-secret-1",
        "databases": {"orders": "procurement", "payables": "finance", "all": "erp"},
        "expense_account": "5190",
        "supplier_category": "Supplier",
        "suppliers": [{"code": code, "name": it["name"], "active": bool(it["active"]),
            "identifiers": [row["code"] for row in it["identifiers."]]}
            for code, it in clerk.parties.items() if code.startswith("SUP-")],
        "items": [{"code": code, "name": it["name"], "base": it["default_uom."]["symbol"],
            "bought_in": it["purchase_uom."]["symbol"]} for code, it in clerk.products.items()],
        "facilities": list(clerk.places),
        "cost_centers": [code for code in clerk.accounts if code != "CC"],
        "orders": dict(orders),
    }
    with open(out, "w", encoding="utf-8") as file:
        json.dump(seed, file, indent=2)


main()
