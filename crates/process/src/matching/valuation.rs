//! How far a price variance moves the moving average price of what is on hand: a large jump is
//! worth knowing before the stock is valued by it (`domain.md` A8.1, `MAP_IMPACT`).

use super::bill::Billed;
use super::few::HashMap;
use super::key::Key;
use super::later::Case;
use super::measure::Measure;
use super::number::Number;
use super::observe::{Against, Blame};
use super::policy::OnBreach;
use super::report::Report;
use super::unit::View;
use canonical::{CheckResult, Code, FacilityId, InventoryBalance, Item, ItemId};

/// Balances of so few lines are looked for one by one sooner than listed.
const LINES_FEW: usize = 8;

/// What is on hand, by item and place.
enum OnHand<'a> {
    Few(&'a [InventoryBalance]),
    Listed(HashMap<(&'a ItemId, Option<&'a FacilityId>), &'a InventoryBalance>),
}

impl<'a> OnHand<'a> {
    /// Of several balances of one place, the first counts.
    fn new(balances: &'a [InventoryBalance], lines: usize) -> Self {
        if lines <= LINES_FEW {
            return Self::Few(balances);
        }
        let mut listed = HashMap::default();
        for it in balances {
            listed.entry((&it.item_id, it.facility_id.as_ref())).or_insert(it);
        }
        Self::Listed(listed)
    }

    fn get(&self, item: &'a ItemId, at: Option<&'a FacilityId>) -> Option<&'a InventoryBalance> {
        match self {
            Self::Few(balances) => {
                balances.iter().find(|it| it.item_id == *item && it.facility_id.as_ref() == at)
            }
            Self::Listed(listed) => listed.get(&(item, at)).copied(),
        }
    }
}

/// Asks every line of an item that is valued at its moving average.
pub(super) fn check<'a>(case: &Case<'_, 'a>, billed: &[Billed<'a>], reports: &mut [Report]) {
    if case.facts.balances.is_empty() {
        return;
    }
    let on_hand = OnHand::new(&case.facts.balances, billed.len());
    for (it, report) in billed.iter().zip(reports) {
        let line = it.first;
        let Some((line, (_place, item))) = line.and_then(|line| Some((line, line.item?))) else {
            continue;
        };
        let facility = line.order.facility_id.as_ref();
        let at_facility = facility.and_then(|it| on_hand.get(&item.id, Some(it)));
        let balance = at_facility.or_else(|| on_hand.get(&item.id, None));
        let Some(balance) = balance else { continue };
        match it.stopped {
            Some(because) => report.not_evaluated(Key::MapImpact, because),
            None => one(case, (it, item, balance), report),
        }
    }
}

fn one<'a>(
    case: &Case<'_, 'a>,
    (it, item, balance): (&Billed<'a>, &'a Item, &'a InventoryBalance),
    report: &mut Report,
) {
    let Some(line) = it.first else { return };
    let currency = it.net.currency();
    let rates = case.rates();
    let rate = if balance.currency == currency {
        Some(Number::ONE)
    } else {
        rates.of_invoice().filter(|_| balance.currency == rates.functional())
    };
    let Some(rate) = rate else { return report.not_evaluated(Key::MapImpact, Code::Cur02) };
    let Ok(on_hand) = case.ground.units.convert(line.of(), &balance.quantity, View::Ours) else {
        return report.not_evaluated(Key::MapImpact, Code::Uom01);
    };
    let worth = it.shares.iter().fold(Number::ZERO, |sum, it| &sum + &it.worth).round(currency);
    let off = it.net.minor() - worth.minor() - it.price_credit.minor();
    let off = canonical::Money::from_minor(off, currency);
    let billed = it.shares.iter().fold(Number::ZERO, |sum, it| &sum + &it.quantity);
    // what is consumed already is not revalued
    let covered = on_hand.clone().min(billed.clone()).at_least_zero();
    let share = covered.per(&billed).unwrap_or(Number::ZERO);
    let moved = &(&Number::from(off) * &rate) * &share;
    let value = Number::from(balance.value);
    let percent = if moved.is_zero() {
        Some(Number::ZERO)
    } else {
        (&moved * &Number::whole(100)).per(&value)
    };
    let amount = (&Number::from(off) * &share).round(currency);
    let measure = Measure { percent, ..Measure::of_money(amount) };
    let against = if moved.is_negative() { Against::Lower } else { Against::Upper };
    let observed = report.observe(case.terms, (Key::MapImpact, against), &measure);
    if observed.result != CheckResult::Breach {
        return;
    }
    let detail = format!(
        "{amount} of price variance moves the average price of {} by {} %",
        item.id,
        measure.percent.as_ref().map_or_else(|| "more than 100".to_owned(), |it| it.show(4))
    );
    if observed.on_breach == OnBreach::Flag {
        return report.flag(Key::MapImpact.as_str(), detail);
    }
    let (code, key, on_breach) = (Code::Prc01, Key::MapImpact, observed.on_breach);
    report.blame(case.terms, Blame { code, key, measure: &measure, on_breach, detail });
}
