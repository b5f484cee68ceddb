//! UBL 2.1 `Invoice` and `CreditNote`, as EN 16931 and Peppol use them.
//!
//! A credit note's amounts are positive where it states them so; negative quantities stay negative.

mod line;
mod party;
mod spot;
mod tree;

use super::fault::Faults;
use super::mapping::{Table, UblMapping};
use super::{CHARGES_MAX, Control, Parsed, ParsedInvoice, PartyNames, StatedTotals, number};
use canonical::{
    Charge, ChargeKind, Currency, Decimal, Error, Exact, Invoice, InvoiceKind, InvoiceLine,
    PurchaseOrderNumber, ReceiptNumber, Result, SupplierId,
};
use jiff::civil::Date;
use number::Sum;
use spot::Spot;
use store::sha256_hex;

pub(super) fn read(bytes: &[u8], mapping: &UblMapping) -> Result<Parsed> {
    let root = tree::read(bytes)?;
    let is_credit = match root.name {
        "Invoice" => false,
        "CreditNote" => true,
        other => {
            let detail = "the document is neither an Invoice nor a CreditNote of UBL 2.1";
            return Err(Error::invalid_field(format!("/{other}"), detail));
        }
    };
    let spot = Spot::root(&root);
    let mut faults = Faults::default();
    let what = "the currency of the document";
    let currency = spot.needed(&["DocumentCurrencyCode"], what, &mut faults);
    let parsed = currency.and_then(|currency| {
        let supplier = party::supplier(&spot);
        let table = mapping.table(&supplier.1.ids);
        Reading { root: &spot, is_credit, currency, table, faults: &mut faults }.document(supplier)
    });
    faults.finish(parsed).map(|it| Parsed::Invoice(Box::new(it)))
}

#[derive(Debug)]
struct Reading<'f, 't> {
    root: &'f Spot<'t>,
    is_credit: bool,
    currency: Currency,
    table: &'f Table,
    faults: &'f mut Faults,
}

/// The invoice that a credit note is about.
const CITED: [&str; 3] = ["BillingReference", "InvoiceDocumentReference", "ID"];

/// The fingerprint of the account that it asks to be paid to, the first where it names several:
/// SHA-256 of the number in capitals and without blanks.
fn remit_to(root: &Spot<'_>) -> Option<String> {
    let accounts = root.each("PaymentMeans");
    let account = accounts.filter_map(|it| it.text(&["PayeeFinancialAccount", "ID"])).next()?;
    let plain: String = account.chars().filter(|it| !it.is_whitespace()).collect();
    Some(sha256_hex(plain.to_uppercase().as_bytes()))
}

/// What the lines inherit from the document.
#[derive(Debug, Default)]
struct Inherited {
    order: Option<PurchaseOrderNumber>,
    receipt: Option<ReceiptNumber>,
}

impl Reading<'_, '_> {
    fn document(
        &mut self,
        (supplier_id, supplier): (Option<SupplierId>, PartyNames),
    ) -> Option<ParsedInvoice> {
        let root = self.root;
        let number = root.needed(&["ID"], "the invoice number", self.faults);
        let date = self.date();
        let lines = self.lines();
        let (charges, discount) = self.allowances(root)?;
        let tax = self.tax();
        let mut stated = self.totals();
        stated.tax = tax.filter(|_| root.each("TaxTotal").next().is_some());
        let gross_at = ["LegalMonetaryTotal", "TaxInclusiveAmount"];
        root.once(&gross_at, self.faults);
        self.faults.need(root.text(&gross_at), || root.pointer(&gross_at), "the total with tax");
        let supplier_at = || root.pointer(&["AccountingSupplierParty"]);
        let supplier_id = self.faults.need(supplier_id, supplier_at, "the supplier's name");
        self.check_payable(&stated);
        let lines = lines?;
        let invoice = Invoice {
            cited_invoice_number: root.parse(&CITED, self.faults),
            remit_to: remit_to(root),
            exchange_rate: None,
            supplier_invoice_number: number?,
            supplier_id: supplier_id?,
            kind: self.kind(&lines),
            invoice_date: date?,
            currency: self.currency,
            facility_id: None,
            lines,
            charges,
            discount_amount: self.sum(&discount, root)?,
            tax_amount: tax?,
            gross_amount: stated.gross?,
        };
        let buyer_facility = party::facilities(root);
        let control = Control::default();
        Some(ParsedInvoice { invoice, supplier, buyer_facility, stated, control })
    }

    /// `xs:date`; the time zone, which few write, says nothing about a date on paper.
    fn date(&mut self) -> Option<Date> {
        self.root.once(&["IssueDate"], self.faults)?;
        let pointer = || self.root.pointer(&["IssueDate"]);
        let text = self.faults.need(self.root.text(&["IssueDate"]), pointer, "the invoice date")?;
        let (day, zone) = text.split_at_checked(10).unwrap_or((&text, "?"));
        let date = match zone {
            "" | "Z" => day.parse::<Date>().ok(),
            zone if zone.len() == 6 && zone.starts_with(['+', '-']) => day.parse().ok(),
            _ => None,
        };
        self.faults.keep(date.ok_or("a date is written as in 2026-05-04"), pointer)
    }

    fn lines(&mut self) -> Option<Vec<InvoiceLine>> {
        let root = self.root;
        let inherited = Inherited {
            order: root.parse(&["OrderReference", "ID"], self.faults),
            receipt: root.parse(&["ReceiptDocumentReference", "ID"], self.faults),
        };
        let name = if self.is_credit { "CreditNoteLine" } else { "InvoiceLine" };
        let spots: Vec<Spot<'_>> = root.each(name).collect();
        let numbers = line::numbers(&spots, self.faults);
        let mut lines = Vec::with_capacity(spots.len());
        let mut is_complete = true;
        for (spot, number) in spots.iter().zip(numbers) {
            match self.line(spot, number, &inherited) {
                Some(line) => lines.push(line),
                None => is_complete = false,
            }
        }
        is_complete.then_some(lines)
    }

    /// The charges, and the sum of the allowances, of the document or of a line.
    fn allowances(&mut self, spot: &Spot<'_>) -> Option<(Vec<Charge>, Exact)> {
        let (mut charges, mut discount) = (Vec::new(), Exact::default());
        let mut is_complete = true;
        for (count, extra) in spot.each("AllowanceCharge").enumerate() {
            if count == CHARGES_MAX {
                let detail = format!("at most {CHARGES_MAX} allowances and charges are read");
                self.faults.add(extra.pointer(&[]), detail);
                return None;
            }
            let amount = self.needed_amount(&extra, &["Amount"]);
            let text = |name| extra.text(&[name]).unwrap_or_default();
            match (text("ChargeIndicator").as_ref(), amount) {
                ("true" | "1", Some(amount)) => match self.charge_kind(&extra) {
                    Some(kind) => charges.push(Charge { kind, amount }),
                    None => is_complete = false,
                },
                ("false" | "0", Some(amount)) => discount += amount.exact(),
                (_, None) => is_complete = false,
                _ => {
                    let pointer = extra.pointer(&["ChargeIndicator"]);
                    self.faults.add(pointer, "true for a charge, or false for an allowance");
                    is_complete = false;
                }
            }
        }
        is_complete.then_some((charges, discount))
    }

    /// What a charge is for, by its reason code, else by its reason.
    fn charge_kind(&mut self, extra: &Spot<'_>) -> Option<ChargeKind> {
        let text = |name| extra.text(&[name]).unwrap_or_default();
        let (code, words) = (text("AllowanceChargeReasonCode"), text("AllowanceChargeReason"));
        let nature = self.table.charge(&code, &words);
        let nature = self.faults.keep(nature, || extra.pointer(&["AllowanceChargeReasonCode"]))?;
        // ok: a mapping that calls a charge tax is refused when it is read
        Some(nature.kind().unwrap_or(ChargeKind::Other))
    }

    /// The tax in the document's currency; a second total in the tax authority's currency is
    /// another way to say the same.
    fn tax(&mut self) -> Option<Decimal> {
        let totals: Vec<Spot<'_>> = self.root.each("TaxTotal").collect();
        let code = self.currency.code();
        let is_ours = |it: &&Spot<'_>| {
            it.attribute(&["TaxAmount"]).is_none_or(|currency| currency.trim() == code)
        };
        let mut sum = Exact::default();
        for total in totals.iter().filter(is_ours) {
            sum += self.needed_amount(total, &["TaxAmount"])?.exact();
        }
        if let Some(foreign) = totals.first()
            && !totals.iter().any(|it| is_ours(&it))
        {
            let detail = format!("the tax is not stated in {code}, the document's currency");
            self.faults.add(foreign.pointer(&["TaxAmount"]), detail);
        }
        self.sum(&sum, self.root)
    }

    /// The stated totals but tax, which stands elsewhere.
    fn totals(&mut self) -> StatedTotals {
        let mut total = |name| self.amount(self.root, &["LegalMonetaryTotal", name]);
        StatedTotals {
            line_total: total("LineExtensionAmount"),
            allowances: total("AllowanceTotalAmount"),
            charges: total("ChargeTotalAmount"),
            net: total("TaxExclusiveAmount"),
            gross: total("TaxInclusiveAmount"),
            prepaid: total("PrepaidAmount"),
            rounding: total("PayableRoundingAmount"),
            payable: total("PayableAmount"),
            tax: None,
        }
    }

    /// What is left to pay has no place in an invoice, so that one which contradicts the document's
    /// other totals is a fault: nothing later could notice it.
    fn check_payable(&mut self, stated: &StatedTotals) {
        let (Some(gross), Some(payable)) = (stated.gross, stated.payable) else { return };
        let mut left = Sum::default();
        left.add(gross);
        left.subtract(stated.prepaid.unwrap_or_default());
        left.add(stated.rounding.unwrap_or_default());
        if !left.is(payable) {
            let left = canonical::exact_text(&left.exact());
            let detail = format!("{left} is left of the total with tax after what was prepaid");
            let pointer = self.root.pointer(&["LegalMonetaryTotal", "PayableAmount"]);
            self.faults.add(pointer, detail);
        }
    }

    /// UNCL 1001; a credit whose lines bill no quantity is a credit for price.
    fn kind(&self, lines: &[InvoiceLine]) -> InvoiceKind {
        let code = self.root.text(&["InvoiceTypeCode"]);
        let code = code.or_else(|| self.root.text(&["CreditNoteTypeCode"])).unwrap_or_default();
        let kind = match code.as_ref() {
            "81" | "261" | "296" | "308" | "381" | "396" | "420" | "458" | "532" => {
                InvoiceKind::QuantityCredit
            }
            "83" => InvoiceKind::PriceCredit,
            "84" | "383" => InvoiceKind::Debit,
            "386" => InvoiceKind::Prepayment,
            "389" => InvoiceKind::SelfBilled,
            "780" => InvoiceKind::FreightOnly,
            _ if self.is_credit => InvoiceKind::QuantityCredit,
            _ => InvoiceKind::Standard,
        };
        let without_quantity = lines.iter().all(|it| it.quantity.value.is_zero());
        match kind {
            InvoiceKind::QuantityCredit if without_quantity => InvoiceKind::PriceCredit,
            kind => kind,
        }
    }

    /// An amount in the document's currency; nothing where it is not there.
    fn amount(&mut self, spot: &Spot<'_>, path: &[&'static str]) -> Option<Decimal> {
        let text = spot.text(path)?;
        let pointer = || spot.pointer(path);
        let code = self.currency.code();
        if let Some(currency) = spot.attribute(path)
            && currency.trim() != code
        {
            let detail = format!("the amount is in {currency}, the document in {code}");
            self.faults.add(pointer(), detail);
            return None;
        }
        let value = self.faults.keep(number::decimal(&text), pointer)?;
        self.faults.keep(number::amount(value, self.currency), pointer)
    }

    fn needed_amount(&mut self, spot: &Spot<'_>, path: &[&'static str]) -> Option<Decimal> {
        if spot.text(path).is_none() {
            self.faults.add(spot.pointer(path), "the amount is missing");
            return None;
        }
        self.amount(spot, path)
    }

    fn sum(&mut self, value: &Exact, spot: &Spot<'_>) -> Option<Decimal> {
        let total = number::total(value, self.currency).ok_or("the sum has over 15 digits");
        self.faults.keep(total, || spot.pointer(&[]))
    }
}

#[cfg(test)]
mod tests;
