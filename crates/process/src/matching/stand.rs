//! Where an order line stands before this invoice: ordered, received, accepted and claimed, in base
//! units, and its price of one base unit (`domain.md` A7.1).

use super::basis::{self, Price};
use super::few::{Few, HashMap, HashSet};
use super::index::{Index, OrderLine, Place};
use super::number::{Number, TENS};
use super::policy::PriceBasis;
use super::request::Claim;
use super::unit::{Factor, Fault, Units, View};
use canonical::{
    Currency, Money, Position, PurchaseOrder, PurchaseOrderNumber, Receipt, ReceiptNumber, Uom,
    UsageEvent,
};
use std::cell::OnceCell;

/// Figures of one order line.
pub(super) struct Stand {
    /// How many base units the line's own unit is.
    pub(super) unit: Number,
    /// The price of one base unit.
    pub(super) price: Number,
    /// The line's own amount.
    pub(super) amount: Money,
    pub(super) ordered: Number,
    /// Less what went back.
    pub(super) received: Number,
    pub(super) accepted: Number,
    /// Returned and not to be replaced.
    pub(super) returned: Number,
    /// As far as it is attested.
    pub(super) used: Number,
    /// By booked invoices that come before this one.
    pub(super) claimed: Number,
    pub(super) claimed_amount: Money,
    /// Taken back by credits among those claims.
    pub(super) credited: Number,
}

/// The stands of the lines that an invoice touches, each computed once.
pub(super) struct Stands<'a> {
    index: &'a Index<'a>,
    units: &'a Units<'a>,
    basis: PriceBasis,
    adjusted: &'a Adjusted<'a>,
    known: Few<OnceCell<Result<Stand, Fault>>>,
}

/// What changes the figures of order lines; mostly nothing.
#[derive(Default)]
pub(super) struct Adjusted<'a> {
    /// Receipts whose goods are not accepted: recalled, not identified, or too close to expiry.
    pub(super) quarantined: HashSet<&'a ReceiptNumber>,
    /// Orders that may be billed in the invoice's currency although they are in another, with what
    /// one unit of theirs is in it; `None` where there is no rate.
    pub(super) rates: HashMap<&'a PurchaseOrderNumber, Option<Number>>,
    /// The invoice's currency, in which the figures of those orders are.
    pub(super) currency: Option<Currency>,
}

impl Adjusted<'_> {
    /// What the figures of an order are multiplied by, and the currency they are in then.
    fn figures_of(&self, order: &PurchaseOrder) -> (Option<&Number>, Currency) {
        let rate = self.rates.get(&order.number).and_then(Option::as_ref);
        (rate, self.currency.filter(|_| rate.is_some()).unwrap_or(order.currency))
    }
}

impl<'a> Stands<'a> {
    pub(super) fn new(
        index: &'a Index<'a>,
        units: &'a Units<'a>,
        adjusted: &'a Adjusted<'a>,
    ) -> Self {
        let known = std::iter::repeat_with(OnceCell::new).take(index.len()).collect();
        Self { index, units, basis: PriceBasis::Current, adjusted, known }
    }

    /// With the prices that count by the policy.
    pub(super) fn at(mut self, basis: PriceBasis) -> Self {
        self.basis = basis;
        self
    }

    /// The price of an order line that counts.
    pub(super) fn price(&self, line: &OrderLine<'_>) -> Price {
        basis::price(line, self.basis)
    }

    /// Whether an order may be billed in the invoice's other currency, and what one unit of its own
    /// is in it.
    pub(super) fn rate(&self, order: &PurchaseOrder) -> Option<Option<&Number>> {
        self.adjusted.rates.get(&order.number).map(Option::as_ref)
    }

    pub(super) fn get(&self, place: Place) -> Option<Result<&Stand, &Fault>> {
        let line = self.index.line(place)?;
        let known = self.known.get(place as usize)?;
        let stand = || Stand::of(line, self.units, self.price(line), self.adjusted);
        Some(known.get_or_init(stand).as_ref())
    }

    /// The stand of a line whose figures convert.
    pub(super) fn fine(&self, place: Place) -> Option<&Stand> {
        self.get(place)?.ok()
    }
}

impl Stand {
    fn of<'a>(
        line: &OrderLine<'a>,
        units: &Units<'a>,
        at: Price,
        adjusted: &Adjusted<'a>,
    ) -> Result<Self, Fault> {
        let (of, written) = (line.of(), line.line);
        let (rate, currency) = adjusted.figures_of(line.order);
        let factor = match units.factor(of, &written.quantity.uom, View::Ours) {
            Ok(factor) => factor,
            // money is compared: what does not convert is not needed
            Err(_fault) if line.is_by_amount() => Factor::of(Number::ONE),
            Err(fault) => return Err(fault),
        };
        let whole = Units::converted(of, &written.quantity, &factor.value).map_err(|fault| {
            fault.about(|| format!("order {} line {}", line.order.number, written.line_number))
        });
        let unit = factor.value;
        let value = Number::from(written.quantity.value);
        let per_unit = price_of_one(at.price, at.base);
        let per_unit = rate.map_or_else(|| per_unit.clone(), |rate| &per_unit * rate);
        let mut stand = Self {
            price: per_unit.per(&unit).unwrap_or(Number::ZERO),
            amount: (&value * &per_unit).round(currency),
            ordered: Number::ZERO,
            received: Number::ZERO,
            accepted: Number::ZERO,
            returned: Number::ZERO,
            used: Number::ZERO,
            claimed: Number::ZERO,
            claimed_amount: Money::zero(currency),
            credited: Number::ZERO,
            unit,
        };
        if line.is_by_amount() {
            stand.ordered = &value * &stand.unit;
            if stand.claim(line, units, rate).is_err() {
                stand.claim_amounts(line, rate);
            }
            return Ok(stand);
        }
        stand.ordered = whole?;
        let received = stand.receive(line, units, adjusted);
        if line.needs_receipt() {
            received?;
        }
        for usage in line.usages.iter().filter(|it| it.attested) {
            stand.used = &stand.used + &used_on(line, usage, units)?;
        }
        stand.claim(line, units, rate)?;
        Ok(stand)
    }

    fn receive<'a>(
        &mut self,
        line: &OrderLine<'a>,
        units: &Units<'a>,
        adjusted: &Adjusted<'a>,
    ) -> Result<(), Fault> {
        let of = line.of();
        let (mut received, mut accepted) = (Number::ZERO, Number::ZERO);
        for receipt in &line.receipts {
            // mostly received in the unit it was ordered in
            let quantity = if receipt.quantity.uom == line.line.quantity.uom {
                Units::converted(of, &receipt.quantity, &self.unit)
                    .map_err(|it| it.about(|| format!("receipt {}", receipt.number)))?
            } else {
                received_on(line, receipt, units)?
            };
            received = &received + &quantity;
            let quarantined = adjusted.quarantined.contains(&receipt.number);
            if let Some(quantity) = receipt.accepted.as_ref().filter(|_| !quarantined) {
                let quantity = units
                    .convert(of, quantity, View::Ours)
                    .map_err(|it| it.about(|| format!("receipt {}", receipt.number)))?;
                accepted = &accepted + &quantity;
            }
        }
        for it in &line.returns {
            let quantity = units
                .convert(of, &it.quantity, View::Ours)
                .map_err(|fault| fault.about(|| format!("return {}", it.number)))?;
            received = &received - &quantity;
            if !it.replace {
                self.returned = &self.returned + &quantity;
            }
        }
        // what went back is taken from the rejected goods first
        self.accepted = if accepted < received { accepted } else { received.clone() };
        self.received = received;
        Ok(())
    }

    fn claim<'a>(
        &mut self,
        line: &OrderLine<'a>,
        units: &Units<'a>,
        rate: Option<&Number>,
    ) -> Result<(), Fault> {
        let currency = self.amount.currency();
        let (mut claimed, mut credited, mut minor) = (Number::ZERO, Number::ZERO, 0i128);
        for claim in &line.claims {
            let quantity = claimed_by(line, claim, units)?;
            let amount = claim.amount.map_or_else(
                || (&quantity * &self.price).round(currency),
                |it| at(it, rate).round(currency),
            );
            claimed = &claimed + &quantity;
            if quantity.is_negative() {
                credited = &credited - &quantity;
            }
            minor = minor.saturating_add(amount.minor());
        }
        self.claimed = claimed;
        self.credited = credited;
        self.claimed_amount = Money::from_minor(minor, currency);
        Ok(())
    }

    fn claim_amounts(&mut self, line: &OrderLine<'_>, rate: Option<&Number>) {
        let currency = self.amount.currency();
        let mut minor = 0i128;
        for claim in &line.claims {
            let amount = claim.amount.map(|it| at(it, rate).round(currency).minor());
            minor = minor.saturating_add(amount.unwrap_or_default());
        }
        self.claimed_amount = Money::from_minor(minor, currency);
    }

    /// Ordered and not claimed.
    pub(super) fn open(&self) -> Number {
        &self.ordered - &self.claimed
    }

    /// Where the line stands with so much claimed, in its own unit.
    pub(super) fn position(&self, uom: &Uom, claimed: &Number) -> Position {
        let own = |it: &Number| it.numeral_per(&self.unit);
        let with = claimed.per(&self.unit).unwrap_or(Number::ZERO);
        Position {
            uom: uom.clone(),
            ordered: own(&self.ordered),
            received: own(&self.received),
            claimed_before: own(&self.claimed),
            claimed: own(claimed),
            claimed_display: with.numeral(3),
            open: own(&(&self.ordered - claimed)),
        }
    }
}

/// An amount at a rate, where there is one.
fn at(amount: canonical::Decimal, rate: Option<&Number>) -> Number {
    let amount = Number::from(amount);
    rate.map_or_else(|| amount.clone(), |rate| &amount * rate)
}

/// The price of one unit, from a price of several.
pub(super) fn price_of_one(price: canonical::Decimal, base: canonical::Decimal) -> Number {
    if base.short_parts() == Some((1, 0)) {
        return price.into();
    }
    Number::from(price).per(&Number::from(base)).unwrap_or(Number::ZERO)
}

/// What one receipt counts, in base units.
pub(super) fn received_on<'a>(
    line: &OrderLine<'a>,
    receipt: &'a Receipt,
    units: &Units<'a>,
) -> Result<Number, Fault> {
    units
        .convert(line.of(), &receipt.quantity, View::Ours)
        .map_err(|it| it.about(|| format!("receipt {}", receipt.number)))
}

/// What one usage counts, in base units.
pub(super) fn used_on<'a>(
    line: &OrderLine<'a>,
    usage: &'a UsageEvent,
    units: &Units<'a>,
) -> Result<Number, Fault> {
    units
        .convert(line.of(), &usage.quantity, View::Ours)
        .map_err(|it| it.about(|| format!("usage {}", usage.number)))
}

/// What one claim counts, in base units. It was booked, so a fraction is no fault any more.
pub(super) fn claimed_by<'a>(
    line: &OrderLine<'a>,
    claim: &'a Claim,
    units: &Units<'a>,
) -> Result<Number, Fault> {
    let factor = units
        .factor(line.of(), &claim.quantity.uom, View::Suppliers)
        .map_err(|it| it.about(|| format!("claim of {}", claim.invoice)))?;
    let stated = claim
        .exact
        .as_ref()
        .map_or_else(|| Number::from(claim.quantity.value), |it| Number::from(it.clone()));
    Ok(&stated * &factor.value)
}

/// What was received and claimed under each receipt number and packing slip of a line: a reversal
/// counts under the receipt that it takes back.
pub(super) fn by_receipt<'a>(
    line: &OrderLine<'a>,
    units: &Units<'a>,
) -> HashMap<&'a str, (Number, Number)> {
    let mut found: HashMap<&str, (Number, Number)> = HashMap::default();
    for receipt in &line.receipts {
        let Ok(quantity) = received_on(line, receipt, units) else { continue };
        let number = receipt.reversal_of.as_ref().unwrap_or(&receipt.number).as_str();
        let slip = receipt.packing_slip.as_deref().filter(|it| *it != number);
        for name in std::iter::once(number).chain(slip) {
            let entry = found.entry(name).or_insert((Number::ZERO, Number::ZERO));
            entry.0 = &entry.0 + &quantity;
        }
    }
    for claim in &line.claims {
        let Some(number) = &claim.receipt_number else { continue };
        let Ok(quantity) = claimed_by(line, claim, units) else { continue };
        let entry = found.entry(number.as_str()).or_insert((Number::ZERO, Number::ZERO));
        entry.1 = &entry.1 + &quantity;
    }
    found
}

/// An amount as written, in its currency; intake refuses what this would have to round.
pub(super) fn money(amount: canonical::Decimal, currency: Currency) -> Money {
    let scaled = |(digits, places): (i64, u32)| {
        if places == currency.exponent() {
            return Some(i128::from(digits));
        }
        let more = TENS.get(currency.exponent().checked_sub(places)? as usize)?;
        Some(i128::from(digits) * i128::from(*more))
    };
    let minor = amount.short_parts().and_then(scaled);
    minor.map_or_else(
        || Number::from(amount).round(currency),
        |minor| Money::from_minor(minor, currency),
    )
}
