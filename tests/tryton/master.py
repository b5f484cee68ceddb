"""Fills a new Tryton database with the master data of a small hospital, through proteus.

usage: master.py CONFIG DATABASE
"""

import datetime
import sys
from decimal import Decimal

from proteus import Model
from proteus import config as proteus_config

CONFIG, DATABASE = sys.argv[1:3]

session = proteus_config.set_trytond(f"sqlite:///{DATABASE}", user="admin", config_file=CONFIG)

from trytond.modules.account.tests.tools import (  # noqa: E402
    create_chart, create_fiscalyear, create_tax, get_accounts)
from trytond.modules.account_invoice.tests.tools import (  # noqa: E402
    set_fiscalyear_invoice_sequences)
from trytond.modules.company.tests.tools import create_company, get_company  # noqa: E402
from trytond.modules.currency.tests.tools import get_currency  # noqa: E402

SUPPLIERS = [
    # code, name, EIN, DUNS, city, active
    ("SUP-1001", "MedSurg Supply Co", "12-3456789", "079256641", "Springfield", True),
    ("SUP-1002", "Northwind Pharma", "98-7654321", "118240017", "Riverton", True),
    ("SUP-1003", "CleanCare Services", "45-6789012", "042715330", "Hill Valley", True),
    ("SUP-1004", "Cardio Devices Inc", "52-4410098", "831126905", "Fairview", True),
    ("SUP-1005", "Old Harbor Surgical", "31-7720154", "605938812", "Salem", False),
]
EXPENSES = [("5110", "Medical supplies"), ("5120", "Pharmacy"), ("5130", "Facility services"),
    ("5140", "Taxed supplies"), ("5190", "Freight and charges")]
# The kinds of expense on which sales tax is due.
TAXED = {"5140"}
PRODUCTS = [
    # code, name, type, account, price, supplier, bought in, EAN; in the order of the codes
    ("CLN-HOUR", "Terminal cleaning", "service", "5130", "38.00", "SUP-1003", "h", None),
    ("GLV-NIT-M", "Nitrile examination gloves M", "goods", "5110", "12.50", "SUP-1001", "u",
        "4006381333931"),
    ("IVS-1000", "Sodium chloride 0.9 % 1000 ml", "goods", "5120", "2.35", "SUP-1002", "u", None),
    ("MSK-N95", "Respirator N95", "goods", "5110", "1.15", "SUP-1001", "u", None),
    ("PAP-LTR", "Copy paper, ream", "goods", "5140", "4.80", "SUP-1001", "u", None),
    ("PARA-500", "Paracetamol 500 mg", "goods", "5120", "3.10", "SUP-1002", "bx", None),
    ("STENT-3X18", "Coronary stent 3.0 x 18 mm", "goods", "5110", "940.00", "SUP-1004", "u", None),
    ("SYR-10ML", "Syringe 10 ml luer lock", "goods", "5110", "0.21", "SUP-1001", "bx", None),
]
COST_CENTERS = [("CC-ICU", "Intensive care"), ("CC-OR", "Operating rooms"), ("CC-PHA", "Pharmacy")]


def get(model):
    return Model.get(model)


def one(model, **where):
    found, = get(model).find([(key, "=", value) for key, value in where.items()])
    return found


def company():
    owner = get("party.party")(name="Lakeside General Hospital", code="LAKESIDE")
    owner.save()
    create_company(owner, get_currency("USD"))
    created = get_company()
    created.timezone = "America/Chicago"
    created.save()
    create_chart(created)
    year = datetime.date.today().year
    for each in (year - 1, year):
        span = (datetime.date(each, 1, 1), datetime.date(each, 12, 31))
        fiscalyear = set_fiscalyear_invoice_sequences(create_fiscalyear(created, span))
        fiscalyear.click("create_period")
    return created


def number_like(name, prefix):
    for sequence in get("ir.sequence").find([("name", "=", name)]):
        sequence.prefix, sequence.padding = prefix, 5
        sequence.save()


def payment_term():
    term = get("account.invoice.payment_term")(name="Net 30")
    term.lines.new(type="remainder").relativedeltas.new(days=30)
    term.save()
    return term


def suppliers(term):
    category = get("party.category")(name="Supplier")
    category.save()
    made = {}
    for code, name, ein, duns, city, active in SUPPLIERS:
        party = get("party.party")(name=name, code=code, supplier_payment_term=term, active=active)
        party.identifiers.new(type="us_ein", code=ein)
        party.identifiers.new(code=f"DUNS:{duns}")
        address = party.addresses[0] if party.addresses else party.addresses.new()
        address.city = city
        party.categories.append(get("party.category")(category.id))
        party.save()
        made[code] = party
    get("party.party")(name="Alex Rivera", code="STAFF-1").save()
    return made


def categories(owner, accounts):
    """An expense account and a product category for each kind of expense, and a tax."""
    parent = accounts["expense"]
    tax = create_tax(Decimal(".08"))
    tax.name = tax.description = "Sales tax 8 %"
    tax.save()
    made = {}
    for code, name in EXPENSES:
        account = get("account.account")(name=name, code=code, type=parent.type, company=owner)
        account.parent = parent.parent
        account.save()
        made[code] = get("product.category")(name=name, accounting=True, account_expense=account,
            account_revenue=accounts["revenue"])
        if code in TAXED:
            made[code].supplier_taxes.append(get("account.tax")(tax.id))
        made[code].save()
    return made


def products(sellers, filed):
    box = get("product.uom")(name="Box of 10", symbol="bx", category=one("product.uom.category",
        name="Units"), factor=10.0, rate=0.1, rounding=1.0, digits=0)
    box.save()
    hour = one("product.uom", symbol="h")
    unit = one("product.uom", symbol="u")
    for code, name, kind, account, price, seller, bought_in, ean in PRODUCTS:
        template = get("product.template")(name=name, type=kind, purchasable=True,
            default_uom=hour if bought_in == "h" else unit)
        template.purchase_uom = {"u": unit, "bx": box, "h": hour}[bought_in]
        template.list_price = Decimal(0)
        template.account_category = filed[account]
        variant, = template.products
        variant.suffix_code = code
        if ean:
            variant.identifiers.new(type="ean", code=ean)
        template.save()
        offer = get("purchase.product_supplier")(template=template, party=sellers[seller])
        offer.code = f"{seller[4:]}-{code}"
        offer.prices.new(quantity=0, unit_price=Decimal(price))
        offer.save()


def cost_centers(owner):
    root = get("analytic_account.account")(type="root", name="Cost centers", code="CC",
        company=owner, state="opened")
    root.save()
    for code, name in COST_CENTERS:
        get("analytic_account.account")(type="normal", name=name, code=code, root=root, parent=root,
            company=owner, state="opened").save()


def warehouses():
    first, = get("stock.location").find([("type", "=", "warehouse")])
    first.name, first.code = "Lakeside receiving", "LAKESIDE"
    first.save()
    places = {}
    for key, kind in (("input", "storage"), ("output", "storage"), ("storage", "storage")):
        places[key] = get("stock.location")(name=f"Riverside {key}", type=kind)
        places[key].save()
    get("stock.location")(name="Riverside clinic", code="RIVERSIDE", type="warehouse",
        input_location=places["input"], output_location=places["output"],
        storage_location=places["storage"]).save()


def payments(accounts):
    journal, = get("account.journal").find([("type", "=", "cash")], limit=1)
    get("account.invoice.payment.method")(name="Bank", journal=journal,
        credit_account=accounts["cash"], debit_account=accounts["cash"]).save()


def user(owner, login, groups):
    made = get("res.user")(name=login, login=login, password=f"{login}-secret-1")
    for group in get("res.group").find([("name", "in", groups)]):
        made.groups.append(get("res.group")(group.id))
    made.companies.append(get("company.company")(owner.id))
    made.company = get("company.company")(owner.id)
    made.save()


def main():
    owner = company()
    accounts = get_accounts()
    number_like("Purchase", "PO-")
    number_like("Supplier Shipment", "GR-")
    number_like("Supplier Return Shipment", "RTV-")
    products(suppliers(payment_term()), categories(owner, accounts))
    cost_centers(owner)
    warehouses()
    payments(accounts)
    user(owner, "gateway", ["Purchase", "Stock", "Accounting"])
    user(owner, "clerk", ["Purchase", "Stock", "Accounting", "Purchase Administration"])


main()
