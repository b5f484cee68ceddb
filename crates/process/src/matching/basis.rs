//! Which of an order line's prices an invoice is held against: the one in force, or the one on the
//! date of the order or of the latest receipt, as the policy says (`domain.md` A7.3).

use super::index::OrderLine;
use super::policy::PriceBasis;
use canonical::Decimal;
use jiff::civil::Date;
use jiff::tz::TimeZone;

/// A price, and how many units it is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Price {
    pub(super) price: Decimal,
    pub(super) base: Decimal,
}

/// The price of a line that counts. An amount ordered is what it is now.
pub(super) fn price(line: &OrderLine<'_>, basis: PriceBasis) -> Price {
    let written = line.line;
    let now = Price { price: written.unit_price, base: written.price_base };
    if written.earlier_prices.is_empty() || line.is_by_amount() {
        return now;
    }
    let date = match basis {
        PriceBasis::Current => None,
        PriceBasis::AtOrder => Some(line.order.order_date),
        PriceBasis::AtReceipt => received_on(line),
    };
    let held = date.and_then(|date| {
        let held = written.earlier_prices.iter().filter(|it| date <= it.valid_to);
        held.min_by_key(|it| it.valid_to)
    });
    held.map_or(now, |it| Price { price: it.unit_price, base: it.price_base })
}

/// The date (UTC) of the latest receipt that was not taken back.
fn received_on(line: &OrderLine<'_>) -> Option<Date> {
    let taken_back =
        |number| line.receipts.iter().any(|it| it.reversal_of.as_ref() == Some(number));
    let standing = line.receipts.iter().filter(|it| {
        it.reversal_of.is_none() && !it.quantity.value.is_negative() && !taken_back(&it.number)
    });
    let latest = standing.map(|it| it.effective_at).max()?;
    Some(latest.to_zoned(TimeZone::UTC).date())
}
