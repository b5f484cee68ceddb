//! Business duplicates (`domain.md` A16): the same invoice sent twice by a person or by two
//! channels. A transport retry is not one; that is found by its payload and answered with the first
//! answer.

use canonical::{
    Code, Currency, Flag, Invoice, InvoiceId, InvoiceKind, InvoiceState, Money, Reason,
};
use jiff::civil::Date;

use crate::invoice::reason;

const REUSE_DAYS: i32 = 300;

/// An earlier invoice of the same supplier group under the same normalised number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Earlier {
    /// Its id.
    pub(crate) id: InvoiceId,
    /// Where it stands.
    pub(crate) state: InvoiceState,
    /// Its kind: credits are compared with credits only.
    pub(crate) kind: InvoiceKind,
    /// Its currency.
    pub(crate) currency: Currency,
    /// What it asked for, in minor units.
    pub(crate) gross_minor: i128,
    /// The date printed on it.
    pub(crate) invoice_date: Date,
}

/// What the earlier invoices say about this one: reasons (`DUP-01`, `DUP-02`) and the flag that a
/// number was used again after a long time.
#[must_use]
pub(crate) fn judge(
    invoice: &Invoice,
    gross: Money,
    earlier: &[Earlier],
) -> (Vec<Reason>, Vec<Flag>) {
    let rivals: Vec<&Earlier> = earlier
        .iter()
        .filter(|it| it.state != InvoiceState::Rejected)
        .filter(|it| is_credit(it.kind) == is_credit(invoice.kind))
        .collect();
    let twin =
        rivals.iter().find(|it| it.currency == invoice.currency && it.gross_minor == gross.minor());
    if let Some(twin) = twin {
        let detail = format!("the same number, currency and amount as {}", named(twin));
        return (vec![reason(Code::Dup01, detail)], Vec::new());
    }
    let near =
        rivals.iter().find(|it| days_apart(it.invoice_date, invoice.invoice_date) <= REUSE_DAYS);
    if let Some(near) = near {
        let detail = format!("the same number as {}, with another amount", named(near));
        return (vec![reason(Code::Dup02, detail)], Vec::new());
    }
    let reused = rivals.first().map(|it| Flag {
        code: "NUMBER_REUSE".into(),
        invoice_line: None,
        detail: format!("the supplier used this number before, on {}", it.invoice_date),
    });
    (Vec::new(), reused.into_iter().collect())
}

fn named(it: &Earlier) -> String {
    let state = if it.state == InvoiceState::Cancelled { "the cancelled" } else { "the" };
    format!("{state} invoice {} of {}", it.id, it.invoice_date)
}

fn days_apart(one: Date, other: Date) -> i32 {
    one.since(other).map_or(i32::MAX, |span| span.get_days().abs())
}

const fn is_credit(kind: InvoiceKind) -> bool {
    matches!(kind, InvoiceKind::QuantityCredit | InvoiceKind::PriceCredit)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn invoice(number: &str, gross: &str, date: &str) -> Invoice {
        serde_json::from_value(serde_json::json!({
            "supplier_invoice_number": number, "supplier_id": "S", "invoice_date": date,
            "currency": "USD", "lines": [], "gross_amount": gross
        }))
        .unwrap()
    }

    fn earlier(gross_minor: i128, date: &str, state: InvoiceState) -> Earlier {
        Earlier {
            id: "inv_1".parse().unwrap(),
            state,
            kind: InvoiceKind::Standard,
            currency: Currency::USD,
            gross_minor,
            invoice_date: date.parse().unwrap(),
        }
    }

    #[track_caller]
    fn check(gross: &str, date: &str, before: &Earlier, codes: &[Code], flags: usize) {
        let invoice = invoice("45", gross, date);
        let money = Money::written(&invoice.gross_amount, invoice.currency).unwrap();
        let (reasons, flagged) = judge(&invoice, money, std::slice::from_ref(before));
        assert_eq!(reasons.iter().map(|it| it.code).collect::<Vec<_>>(), codes);
        assert_eq!(flagged.len(), flags);
    }

    #[test]
    fn the_same_number_and_amount_is_a_duplicate() {
        let before = earlier(125_000, "2026-03-03", InvoiceState::Matched);
        check("1250.00", "2026-03-05", &before, &[Code::Dup01], 0);
        check("1250.01", "2026-03-05", &before, &[Code::Dup02], 0);
    }

    #[test]
    fn a_rejected_invoice_frees_its_number() {
        let before = earlier(125_000, "2026-03-03", InvoiceState::Rejected);
        check("1250.00", "2026-03-05", &before, &[], 0);
    }

    #[test]
    fn a_number_used_again_after_a_year_is_only_flagged() {
        let before = earlier(31_000, "2025-03-03", InvoiceState::Paid);
        check("295.00", "2026-03-18", &before, &[], 1);
        check("295.00", "2025-12-28", &before, &[Code::Dup02], 0);
    }
}
