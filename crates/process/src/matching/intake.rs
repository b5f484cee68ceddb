//! Intake: what cannot be matched at all, because no reason could say it. Everything else is
//! matched and gets its reasons.

use super::request::{Credit, CreditKind, Facts};
use canonical::{
    Currency, Decimal, FieldError, Invoice, InvoiceKind, InvoiceLine, Item, KnownInvoice, Money,
    PurchaseOrder, TaxRule,
};
use std::collections::HashSet;

/// More lines than any real invoice has; more is refused, not matched.
const LINES_MAX: usize = 10_000;
/// More earlier invoices than could be told apart by a person.
const KNOWN_MAX: usize = 1_000;
/// Enough to repair a document by; a broken export should not answer with megabytes.
const FAULTS_MAX: usize = 100;

/// What of an invoice and of the facts it came with cannot be matched, with JSON pointers into the
/// request of a match evaluation.
#[must_use]
pub fn check(invoice: &Invoice, facts: &Facts) -> Vec<FieldError> {
    let mut faults = Faults(check_invoice(invoice));
    faults.facts(facts);
    let lines: HashSet<u32> = invoice.lines.iter().map(|it| it.line_number).collect();
    for (place, credit) in facts.credits.iter().enumerate() {
        let at = format!("/credits/{place}");
        faults.unless(lines.contains(&credit.invoice_line), &at, "invoice_line", || {
            format!("the invoice has no line {}", credit.invoice_line)
        });
        faults.credit(&at, credit, invoice.currency);
    }
    for (place, it) in facts.associations.iter().enumerate() {
        let at = format!("/associations/{place}");
        faults.unless(lines.contains(&it.invoice_line), &at, "invoice_line", || {
            format!("the invoice has no line {}", it.invoice_line)
        });
    }
    faults.rules_and_prices(facts);
    faults.0
}

/// What of facts alone cannot be worked with, with JSON pointers into them.
pub(super) fn check_facts(facts: &Facts) -> Vec<FieldError> {
    let mut faults = Faults(Vec::new());
    faults.facts(facts);
    faults.rules_and_prices(facts);
    faults.0
}

/// What of tax rules makes no sense, with JSON pointers that begin at `base`.
pub(super) fn check_tax_rules(base: &str, rules: &[TaxRule]) -> Vec<FieldError> {
    let mut faults = Faults(Vec::new());
    faults.tax_rules(base, rules);
    faults.0
}

/// What of an invoice alone cannot be matched, with JSON pointers that begin at `/invoice`.
#[must_use]
pub fn check_invoice(invoice: &Invoice) -> Vec<FieldError> {
    let mut faults = Faults(Vec::new());
    let (at, currency) = ("/invoice", invoice.currency);
    if invoice.lines.is_empty() && invoice.kind != InvoiceKind::FreightOnly {
        faults.add(at, "lines", "an invoice has at least one line");
    }
    if invoice.lines.len() > LINES_MAX {
        let count = invoice.lines.len();
        let detail = format!("an invoice has at most {LINES_MAX} lines, this one has {count}");
        faults.add(at, "lines", detail);
        return faults.0;
    }
    let mut numbers = HashSet::new();
    for (place, line) in invoice.lines.iter().enumerate() {
        let at = format!("/invoice/lines/{place}");
        faults.unless(numbers.insert(line.line_number), &at, "line_number", || {
            format!("line {} is here twice; a line number is one of a kind", line.line_number)
        });
        faults.invoice_line(&at, line, currency);
    }
    for (place, charge) in invoice.charges.iter().enumerate() {
        faults.amount(&format!("/invoice/charges/{place}"), "amount", &charge.amount, currency);
    }
    faults.amount(at, "discount_amount", &invoice.discount_amount, currency);
    faults.amount(at, "tax_amount", &invoice.tax_amount, currency);
    faults.amount(at, "gross_amount", &invoice.gross_amount, currency);
    faults.0
}

struct Faults(Vec<FieldError>);

impl Faults {
    fn facts(&mut self, facts: &Facts) {
        let mut numbers = HashSet::new();
        for (place, order) in facts.purchase_orders.iter().enumerate() {
            let at = format!("/purchase_orders/{place}");
            self.unless(numbers.insert(&order.number), &at, "number", || {
                format!("{} is here twice; send the version in force", order.number)
            });
            self.order(&at, order);
        }
        for (place, it) in facts.returns.iter().enumerate() {
            self.not_negative(&format!("/returns/{place}"), "quantity/value", &it.quantity.value);
        }
        let mut ids = HashSet::new();
        for (place, item) in facts.items.iter().enumerate() {
            let at = format!("/items/{place}");
            self.unless(ids.insert(&item.id), &at, "id", || format!("{} is here twice", item.id));
            self.item(&at, item);
        }
        self.known_invoices(&facts.known_invoices);
        self.flows(facts);
    }

    fn add(&mut self, at: &str, field: &str, detail: impl Into<String>) {
        if self.0.len() < FAULTS_MAX {
            self.0.push(FieldError { pointer: format!("{at}/{field}"), detail: detail.into() });
        }
    }

    fn unless(&mut self, fine: bool, at: &str, field: &str, detail: impl FnOnce() -> String) {
        if !fine {
            self.add(at, field, detail());
        }
    }

    fn not_negative(&mut self, at: &str, field: &str, value: &Decimal) {
        self.unless(!value.is_negative(), at, field, || format!("{value} is below zero"));
    }

    fn above_zero(&mut self, at: &str, field: &str, value: &Decimal) {
        let fine = !value.is_negative() && !value.is_zero();
        self.unless(fine, at, field, || format!("{value} is not above zero"));
    }

    fn places(&mut self, at: &str, field: &str, value: &Decimal, currency: Currency) {
        if let Err(detail) = Money::written(value, currency) {
            self.add(at, field, detail);
        }
    }

    fn amount(&mut self, at: &str, field: &str, value: &Decimal, currency: Currency) {
        self.places(at, field, value, currency);
        self.not_negative(at, field, value);
    }

    fn invoice_line(&mut self, at: &str, line: &InvoiceLine, currency: Currency) {
        let quantity = &line.quantity.value;
        self.unless(!quantity.is_negative(), at, "quantity/value", || {
            format!("{quantity} is below zero; what is taken back comes as a credit")
        });
        self.not_negative(at, "unit_price", &line.unit_price);
        self.above_zero(at, "price_base", &line.price_base);
        // the line's discount may be below zero: its allowances less its charges
        self.places(at, "discount_amount", &line.discount_amount, currency);
        self.amount(at, "net_amount", &line.net_amount, currency);
    }

    fn order(&mut self, at: &str, order: &PurchaseOrder) {
        let mut numbers = HashSet::new();
        for (place, line) in order.lines.iter().enumerate() {
            let at = format!("{at}/lines/{place}");
            self.unless(numbers.insert(line.line_number), &at, "line_number", || {
                format!("line {} is here twice; a line number is one of a kind", line.line_number)
            });
            self.not_negative(&at, "quantity/value", &line.quantity.value);
            self.not_negative(&at, "unit_price", &line.unit_price);
            self.above_zero(&at, "price_base", &line.price_base);
        }
        for (place, planned) in order.planned_charges.iter().enumerate() {
            let at = format!("{at}/planned_charges/{place}");
            self.amount(&at, "amount", &planned.amount, order.currency);
            if let Some(billed) = &planned.billed_amount {
                self.amount(&at, "billed_amount", billed, order.currency);
            }
            if let Some(percent) = &planned.percent {
                self.not_negative(&at, "percent", percent);
            }
        }
    }

    fn item(&mut self, at: &str, item: &Item) {
        for (place, row) in item.packaging.iter().enumerate() {
            let at = format!("{at}/packaging/{place}");
            self.above_zero(&at, "numerator", &row.numerator);
            self.above_zero(&at, "denominator", &row.denominator);
            self.ordered(&at, row.valid_from, row.valid_to);
        }
    }

    fn known_invoices(&mut self, known: &[KnownInvoice]) {
        if known.len() > KNOWN_MAX {
            let detail = format!("{} are too many; send the nearest {KNOWN_MAX}", known.len());
            return self.add("", "known_invoices", detail);
        }
        let mut ids = HashSet::new();
        for (place, it) in known.iter().enumerate() {
            let at = format!("/known_invoices/{place}");
            self.unless(ids.insert(&it.id), &at, "id", || format!("{} is here twice", it.id));
            self.unless(!it.id.trim().is_empty(), &at, "id", || "it is empty".to_owned());
            self.amount(&at, "gross_amount", &it.gross_amount, it.currency);
            for (place, line) in it.lines.iter().enumerate() {
                let at = format!("{at}/lines/{place}");
                self.not_negative(&at, "quantity/value", &line.quantity.value);
                self.places(&at, "net_amount", &line.net_amount, it.currency);
            }
        }
    }

    fn credit(&mut self, at: &str, credit: &Credit, currency: Currency) {
        if let Some(amount) = &credit.amount {
            self.amount(at, "amount", amount, currency);
        }
        if let Some(quantity) = &credit.quantity {
            self.not_negative(at, "quantity/value", &quantity.value);
        }
        match credit.kind {
            CreditKind::Price => self.unless(credit.amount.is_some(), at, "amount", || {
                "a price credit says how much money it gives back".to_owned()
            }),
            CreditKind::Quantity => {
                let fine = credit.amount.is_some() || credit.quantity.is_some();
                self.unless(fine, at, "quantity", || {
                    "a quantity credit says how much it takes back, as quantity or amount"
                        .to_owned()
                });
            }
        }
    }
}

mod facts;
mod flows;
#[cfg(test)]
mod tests;
