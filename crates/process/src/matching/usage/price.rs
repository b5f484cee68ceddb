//! The price of what was used before there was an order for it: the contract's, and no other
//! (`domain.md` A14.1).

use super::super::bill::{Billed, Ground};
use super::super::key::Key;
use super::super::measure::Measure;
use super::super::number::Number;
use super::super::observe::{Against, Blame};
use super::super::policy::OnBreach;
use super::super::report::{Report, Terms};
use super::super::stand::price_of_one;
use super::super::unit::{Of, View};
use canonical::{CheckResult, Code, Contract, ContractPrice, Money, Outcome, UsageEvent};

/// Holds what is billed for `quantity` base units against the contract's price on the day of use.
pub(super) fn check<'a>(
    ground: &Ground<'a>,
    terms: &Terms<'_>,
    (billed, usage, of, quantity): (&Billed<'a>, &'a UsageEvent, Of<'a>, &Number),
    report: &mut Report,
) {
    let contracts = ground.index.contracts().iter();
    let theirs = contracts.filter(|it| {
        ground.index.same_group(&it.supplier_id, &usage.supplier_id)
            && it.currency == ground.invoice.currency
            && it.valid_from <= usage.used_on
            && it.valid_to.is_none_or(|it| usage.used_on <= it)
    });
    let prices = theirs.flat_map(|it| it.prices.iter().map(move |price| (it, price)));
    let best = prices
        .filter(|(contract, price)| holds(contract, price, usage))
        .filter_map(|(contract, price)| {
            let factor = ground.units.factor(of, &price.uom, View::Ours).ok()?.value;
            let enough = &Number::from(price.minimum_quantity) * &factor <= *quantity;
            let one = price_of_one(price.unit_price, price.price_base).per(&factor)?;
            enough.then_some((one, &contract.number))
        })
        .min();
    let Some((one, contract)) = best else {
        let (item, day) = (&usage.item_id, usage.used_on);
        let detail = format!("no contract has a price for {item} on {day}, when it was used");
        return report.fail(Code::Con02, detail);
    };
    let worth = (quantity * &one).round(terms.currency);
    let over = billed.net.minor() - worth.minor() - billed.price_credit.minor();
    let measure = Measure::of_amount(Money::from_minor(over, terms.currency), worth);
    let against = if over < 0 { Against::Lower } else { Against::Upper };
    let key = Key::ContractPrice;
    let observed = report.observe(terms, (key, against), &measure);
    match observed.result {
        CheckResult::PassWithin if over > 0 => report.raise(Outcome::MatchedWithinTolerance),
        CheckResult::Pass | CheckResult::PassWithin => {}
        CheckResult::NotEvaluated | CheckResult::Breach => {
            let hold = observed.on_breach == OnBreach::Exception;
            let on_breach = if hold { OnBreach::Exception } else { OnBreach::Block };
            let detail = format!(
                "{} is billed, contract {contract} makes it {worth} on {}: {} apart",
                billed.net,
                usage.used_on,
                measure.words()
            );
            let measure = &measure;
            report.blame(terms, Blame { code: Code::Con01, key, measure, on_breach, detail });
        }
    }
}

/// Whether a price is for the item on the day of use, at a tier that the facility buys at.
fn holds(contract: &Contract, price: &ContractPrice, usage: &UsageEvent) -> bool {
    let day = usage.used_on;
    let of_tier = price.tier.as_ref().is_none_or(|tier| {
        contract.eligibility.iter().any(|it| {
            it.tier == *tier
                && Some(&it.facility_id) == usage.facility_id.as_ref()
                && it.valid_from <= day
                && it.valid_to.is_none_or(|it| day <= it)
        })
    });
    price.item_id == usage.item_id
        && price.valid_from <= day
        && price.valid_to.is_none_or(|it| day <= it)
        && of_tier
}
