//! What earlier invoices claim, summed per order line and receipt: the facts of a decision stay
//! small however often an order is billed. Which invoices they were, the store knows by its
//! bookings.

use super::decide;
use super::save::Case;
use crate::matching::Claim;
use canonical::{
    Allocation, Decimal, Error, Exact, InvoiceId, LineResult, MatchResult, PurchaseOrderNumber,
    Quantity, ReceiptNumber, Result, Uom, exact_text, read_exact, show,
};
use std::collections::BTreeMap;
use store::{NewClaim, OrderLine};

type Key = (PurchaseOrderNumber, u32, Option<ReceiptNumber>, String, Option<String>);

#[derive(Debug, Default)]
struct Sum {
    invoices: Vec<String>,
    quantity: Exact,
    amount: Exact,
    places: u32,
}

/// The invoice that a credit or debit memo cites: the number on the memo, and the invoices here
/// that carry it.
#[derive(Debug)]
pub(super) struct Cited {
    pub(super) number: String,
    pub(super) invoices: Vec<InvoiceId>,
}

impl Cited {
    /// When the invoice that is cited claims.
    pub(super) fn turn(&self, claims: &[store::Claim]) -> Option<i64> {
        let of_it = claims.iter().find(|it| self.invoices.contains(&it.claim.invoice_id));
        of_it.and_then(|it| it.claim.turn)
    }
}

/// What a decision claims of order lines: nothing where it cannot be booked.
pub(super) fn of(case: &Case, cited_turn: Option<i64>, result: &MatchResult) -> Vec<NewClaim> {
    if decide::state(result.outcome).is_booked() {
        booked(case, cited_turn, result)
    } else {
        Vec::new()
    }
}

/// What a match claims of order lines for an invoice that is booked: in its own turn, or in that of
/// the invoice it credits.
pub(super) fn booked(case: &Case, cited_turn: Option<i64>, result: &MatchResult) -> Vec<NewClaim> {
    let own_turn = case.again.as_ref().and_then(|it| it.turn);
    let one = |line: &LineResult, it: &Allocation| NewClaim {
        order_line: OrderLine {
            number: it.purchase_order_number.clone(),
            line: it.purchase_order_line,
        },
        invoice_id: case.id.clone(),
        invoice_line: line.invoice_line,
        receipt_number: it.receipt_number.clone(),
        quantity: it.quantity.to_string(),
        uom: it.uom.to_string(),
        amount: it.amount.to_string(),
        currency: case.invoice.currency,
        turn: own_turn.or(cited_turn),
    };
    let lines = result.lines.iter();
    lines.flat_map(|line| line.allocations.iter().map(move |it| one(line, it))).collect()
}

/// The claims of booked invoices, summed; in the order of their order lines. Those of the invoice
/// that is cited stay apart, under the number it is cited by.
pub(super) fn summed(claims: Vec<store::Claim>, cited: Option<&Cited>) -> Result<Vec<Claim>> {
    let mut sums: BTreeMap<Key, Sum> = BTreeMap::new();
    for it in claims.into_iter().filter(|it| it.invoice_state.is_booked()) {
        let claim = it.claim;
        let line = claim.order_line;
        let cited = cited.filter(|it| it.invoices.contains(&claim.invoice_id));
        let cited = cited.map(|it| it.number.clone());
        let key = (line.number, line.line, claim.receipt_number, claim.uom, cited.clone());
        let sum = sums.entry(key).or_default();
        let invoice = cited.unwrap_or_else(|| claim.invoice_id.to_string());
        if !sum.invoices.contains(&invoice) && sum.invoices.len() < 2 {
            sum.invoices.push(invoice);
        }
        sum.quantity += read(&claim.quantity)?;
        sum.amount += read(&claim.amount)?;
        sum.places = claim.currency.exponent();
    }
    sums.into_iter().map(claim).collect()
}

fn read(text: &str) -> Result<Exact> {
    read_exact(text).ok_or_else(|| Error::internal("a stored claim has a figure that is none"))
}

fn claim((key, sum): (Key, Sum)) -> Result<Claim> {
    let (purchase_order_number, purchase_order_line, receipt_number, uom, _cited) = key;
    let uom: Uom = uom.parse().map_err(|detail: &str| Error::internal(detail))?;
    let invoice = match sum.invoices.as_slice() {
        [one] => one.clone(),
        [first, ..] => format!("{first} and others"),
        [] => String::new(),
    };
    let decimal: Option<Decimal> = exact_text(&sum.quantity).parse().ok();
    Ok(Claim {
        invoice,
        purchase_order_number,
        purchase_order_line,
        receipt_number,
        cites: None,
        // where no decimal says it, `exact` does
        quantity: Quantity { value: decimal.unwrap_or_default(), uom },
        amount: show(&sum.amount, sum.places).parse().ok(),
        exact: decimal.is_none().then_some(sum.quantity),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use canonical::{Currency, InvoiceState};

    fn booked(invoice: &str, line: u32, quantity: &str, state: InvoiceState) -> store::Claim {
        store::Claim {
            booking: 1,
            invoice_state: state,
            claim: NewClaim {
                order_line: OrderLine { number: "PO-9".parse().unwrap(), line },
                invoice_id: invoice.parse().unwrap(),
                invoice_line: 1,
                receipt_number: None,
                quantity: quantity.to_owned(),
                uom: "EA".to_owned(),
                amount: "10.50".to_owned(),
                currency: Currency::USD,
                turn: Some(1),
            },
        }
    }

    #[test]
    fn claims_of_one_line_are_one_claim_and_exact() {
        let claims = vec![
            booked("inv_1", 10, "7/12", InvoiceState::Matched),
            booked("inv_2", 10, "5/12", InvoiceState::Blocked),
            booked("inv_3", 10, "99", InvoiceState::Exception),
            booked("inv_1", 20, "3", InvoiceState::Paid),
        ];
        let summed = summed(claims, None).unwrap();
        let read = |it: &Claim| {
            (it.purchase_order_line, it.quantity.value.to_string(), it.amount.unwrap().to_string())
        };
        assert_eq!(read(&summed[0]), (10, "1".to_owned(), "21.00".to_owned()));
        assert_eq!(read(&summed[1]), (20, "3".to_owned(), "10.50".to_owned()));
        assert_eq!(summed[0].invoice, "inv_1 and others");
        assert_eq!(summed[0].exact, None);
    }

    #[test]
    fn a_claim_that_no_decimal_says_is_kept_as_a_fraction() {
        let claims = vec![
            booked("inv_1", 10, "1/3", InvoiceState::Matched),
            booked("inv_2", 10, "-1/7", InvoiceState::Matched),
        ];
        let summed = summed(claims, None).unwrap();
        let text = serde_json::to_string(&summed).unwrap();
        assert!(text.contains(r#""exact":"4/21""#), "{text}");
        assert_eq!(serde_json::from_str::<Vec<Claim>>(&text).unwrap(), summed);
        for wrong in ["1/0", "x", "", &"1".repeat(401)] {
            let wrong = text.replace("4/21", wrong);
            assert!(serde_json::from_str::<Vec<Claim>>(&wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn the_claims_of_the_cited_invoice_stay_apart() {
        let claims = vec![
            booked("inv_1", 10, "60", InvoiceState::Matched),
            booked("inv_2", 10, "40", InvoiceState::Matched),
            booked("inv_3", 10, "-5", InvoiceState::Matched),
        ];
        let cited = Cited { number: "INV-70".to_owned(), invoices: vec!["inv_2".parse().unwrap()] };
        let summed = summed(claims, Some(&cited)).unwrap();
        let read = |it: &Claim| (it.invoice.clone(), it.quantity.value.to_string());
        assert_eq!(read(&summed[0]), ("inv_1 and others".to_owned(), "55".to_owned()));
        assert_eq!(read(&summed[1]), ("INV-70".to_owned(), "40".to_owned()));
    }
}
