//! The audit's sample: a draw that depends on nothing but the invoice and the policy's seed, so
//! that it can be repeated and cannot be chosen.

use super::later::Case;
use super::number::Number;
use super::report::Report;
use super::stand::money;
use canonical::{Code, Invoice};

/// How many tickets there are; a percentage is a share of them.
const TICKETS: i128 = 1 << 64;

/// Holds an invoice that is drawn, even if it is perfect.
pub(super) fn check(case: &Case<'_, '_>, report: &mut Report) {
    let Some(sampling) = case.terms.policy.sampling() else { return };
    let invoice = case.ground.invoice;
    let gross = Number::from(money(invoice.gross_amount, invoice.currency));
    let minimum = Number::from(sampling.minimum);
    let worth = case.rates().of_invoice().map(|rate| &gross * &rate);
    // what nobody can value is not too small to be looked at
    if worth.is_some_and(|it| it < minimum) {
        return;
    }
    if drawn(invoice, &sampling.seed, &sampling.percent) {
        let percent = sampling.percent.show(4);
        let detail = format!("drawn for audit, as {percent} % of the invoices are");
        report.fail(Code::Ctl01, detail);
    }
}

/// Whether the invoice's ticket is among the first `percent` of a hundred.
fn drawn(invoice: &Invoice, seed: &str, percent: &Number) -> bool {
    let number = invoice.supplier_invoice_number.normalised();
    // lengths keep two names from running into one
    let text = format!(
        "{}:{seed}{}:{}{number}",
        seed.len(),
        invoice.supplier_id.as_str().len(),
        invoice.supplier_id
    );
    let digest = store::sha256_hex(text.as_bytes());
    let ticket = digest.get(..16).and_then(|it| u64::from_str_radix(it, 16).ok());
    let ticket = Number::whole(ticket.unwrap_or(u64::MAX).into());
    &ticket * &Number::whole(100) < percent * &Number::whole(TICKETS)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn share(percent: &str, seed: &str) -> usize {
        let percent = Number::from(percent.parse::<canonical::Decimal>().unwrap());
        let invoice: Invoice = serde_json::from_value(serde_json::json!({
            "supplier_invoice_number": "1", "supplier_id": "SUP-1", "invoice_date": "2026-05-04",
            "currency": "USD", "lines": [], "gross_amount": "1.00"
        }))
        .unwrap();
        let with = |number: u32| Invoice {
            supplier_invoice_number: format!("INV-{number}").parse().unwrap(),
            ..invoice.clone()
        };
        (1..=4_000).filter(|it| drawn(&with(*it), seed, &percent)).count()
    }

    #[test]
    fn a_percentage_of_the_invoices_is_drawn_and_the_same_ones_again() {
        assert_eq!(share("0", "2026"), 0);
        assert_eq!(share("100", "2026"), 4_000);
        let drawn = share("2.5", "2026");
        assert!((70..=130).contains(&drawn), "{drawn} of about 100");
        assert_eq!(drawn, share("2.5", "2026"));
        assert!(share("5", "2026") >= drawn, "a larger share draws the same and more");
    }
}
