//! Blanket and standing orders: what is billed on all their lines against the order's limit, and
//! the invoice date against the days they are valid (`domain.md` A7.4).

use super::bill::{Billed, Ground};
use super::document::orders;
use super::index::Order;
use super::key::Key;
use super::measure::Measure;
use super::report::{Asked, Report, Terms};
use super::spoken::spoken;
use super::stand::money;
use canonical::{Code, InvoiceKind, Money, PurchaseOrder};
use jiff::civil::Date;

/// Asks every order that has a limit. One that is in another currency cannot be compared.
pub(super) fn check(
    ground: &Ground<'_>,
    terms: &Terms<'_>,
    billed: &[Billed<'_>],
    report: &mut Report,
) {
    if ground.is_credit() || ground.invoice.kind == InvoiceKind::Prepayment {
        return;
    }
    for &order in &orders(billed) {
        if let Some(limit) = order.limit_amount {
            if order.currency == ground.invoice.currency {
                value(ground, terms, (order, money(limit, order.currency), billed), report);
            } else {
                report.not_evaluated(Key::BlanketValue, Code::Cur01);
            }
        }
        date(ground, terms, order, report);
    }
}

/// The invoice date against the first and the last day of the order.
fn date(ground: &Ground<'_>, terms: &Terms<'_>, order: &PurchaseOrder, report: &mut Report) {
    let day = ground.invoice.invoice_date;
    let (from, to) = (order.valid_from, order.valid_to);
    if from.is_none() && to.is_none() {
        return;
    }
    let days = |since: Date| since.until(day).map_or(0, |it| i64::from(it.get_days()));
    let early = from.map_or(0, |it| days(it).min(0));
    let late = to.map_or(0, |it| days(it).max(0));
    let off = if late > 0 { late } else { early };
    let measure = Measure::of_days(off, terms.currency);
    let codes = (Code::Lim02, Code::Lim02);
    let asked = Asked { key: Key::BlanketDate, codes, measure, ruled: None };
    report.judge(terms, asked, |it| {
        let number = &order.number;
        let (side, end) = if off < 0 { ("before", from) } else { ("after", to) };
        let end = end.map(|it| it.to_string()).unwrap_or_default();
        spoken!(
            "the invoice of {day} is {} {side} {end}, the {} day of order {number}",
            it.words(),
            if off < 0 { "first" } else { "last" }
        )
    });
}

fn value(
    ground: &Ground<'_>,
    terms: &Terms<'_>,
    (order, limit, billed): (&PurchaseOrder, Money, &[Billed<'_>]),
    report: &mut Report,
) {
    let of = |minor| Money::from_minor(minor, order.currency);
    let released = order.released_amount.map_or(0, |it| money(it, order.currency).minor());
    let all = released.saturating_add(claimed(ground, order)).saturating_add(asked(billed, order));
    let over = of(all.saturating_sub(limit.minor()).max(0));
    let measure = Measure::of_amount(over, limit);
    let codes = (Code::Lim01, Code::Lim01);
    let asked = Asked { key: Key::BlanketValue, codes, measure, ruled: None };
    report.judge(terms, asked, |it| {
        let (number, all) = (&order.number, of(all));
        spoken!(
            "{all} is billed in all on order {number}, whose limit is {limit}: {} over",
            it.words()
        )
    });
}

/// What booked invoices before this one claim, on all lines of the order.
fn claimed(ground: &Ground<'_>, order: &PurchaseOrder) -> i128 {
    let places = ground.index.order(&order.number).map(Order::places).unwrap_or_default();
    let of_line = |place| match ground.stands.fine(place) {
        Some(stand) => stand.claimed_amount.minor(),
        // its units do not convert: what the claims say in money counts
        None => ground.index.line(place).map_or(0, |line| {
            let amounts = line.claims.iter().filter_map(|it| it.amount);
            amounts.map(|it| money(it, order.currency).minor()).fold(0, i128::saturating_add)
        }),
    };
    places.map(of_line).fold(0, i128::saturating_add)
}

/// What this invoice asks for on the order, less what credits give back.
fn asked(billed: &[Billed<'_>], order: &PurchaseOrder) -> i128 {
    let mine = billed.iter().filter(|it| it.order.is_some_and(|it| it.number == order.number));
    mine.map(|it| {
        let credited: i128 = it.shares.iter().map(|it| it.credited_amount.minor()).sum();
        it.net.minor() - credited - it.price_credit.minor()
    })
    .fold(0, i128::saturating_add)
}
