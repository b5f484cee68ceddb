//! The least that a match can cost: the exact arithmetic of quantity and price, line by line, and
//! nothing that says what it means.

use canonical::{Decimal, Invoice};
use process::matching::Facts;

/// How many lines differ from their order lines: in price, for the quantity billed, or in their own
/// sum.
pub(crate) fn lines(invoice: &Invoice, facts: &Facts) -> usize {
    let orders = facts.purchase_orders.iter().flat_map(|it| &it.lines);
    let pairs = invoice.lines.iter().zip(orders).zip(&facts.receipts);
    pairs
        .filter(|((billed, ordered), received)| {
            let quantity = billed.quantity.value;
            let stated = times(quantity, billed.unit_price);
            let wanted = times(quantity, ordered.unit_price);
            let is_sum = same(stated, whole(billed.net_amount));
            let is_price = same(stated, wanted);
            let most = times(received.quantity.value, ordered.price_base);
            let is_received = compare(times(quantity, billed.price_base), most);
            !(is_sum && is_price && is_received)
        })
        .count()
}

/// A count and how many places it has.
type Exact = (i128, u32);

fn whole(a: Decimal) -> Exact {
    a.parts()
}

fn times(a: Decimal, b: Decimal) -> Exact {
    let ((a, c), (b, d)) = (a.parts(), b.parts());
    (a * b, c + d)
}

fn level(a: Exact, b: Exact) -> (i128, i128) {
    let places = a.1.max(b.1);
    (a.0 * 10i128.pow(places - a.1), b.0 * 10i128.pow(places - b.1))
}

fn same(a: Exact, b: Exact) -> bool {
    let (a, b) = level(a, b);
    a == b
}

fn compare(a: Exact, b: Exact) -> bool {
    let (a, b) = level(a, b);
    a <= b
}
