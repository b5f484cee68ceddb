//! Contract prices: what the contract lets a supplier charge, by item, tier of the facility,
//! quantity and date (`domain.md` A14.3). The order may be wrong, too: what it overpays is a
//! recovery candidate. Goods that are billed after use have no other price than the contract's.

use super::bill::Billed;
use super::few::{Few, HashMap};
use super::index::OrderLine;
use super::key::Key;
use super::later::Case;
use super::measure::Measure;
use super::number::Number;
use super::observe::{Against, Blame};
use super::policy::OnBreach;
use super::report::Report;
use super::spoken::spoken;
use super::stand::{Stand, price_of_one};
use super::unit::View;
use canonical::{
    CheckResult, Code, Contract, ContractOwner, ContractPrice, DateBasis, FacilityId, ItemId,
    Money, OrderKind, Outcome, PriceEligibility,
};
use jiff::civil::Date;
use std::cmp::Reverse;

/// A price of one base unit, and where it is written.
struct Agreed<'a> {
    contract: &'a Contract,
    price: &'a ContractPrice,
    one: Number,
    basis: Date,
    /// The eligibility by which the tier is the facility's.
    eligibility: Option<&'a PriceEligibility>,
}

/// Why there is no price to compare with.
enum Missing {
    /// No contract has one.
    Price,
    /// What would say which price it is, is not there yet.
    Basis(Code),
}

/// A contract that has prices of an item, and those, in the order in which they came.
type Offer<'a> = (&'a Contract, Few<&'a ContractPrice>);

/// Prices of so few lines are looked for one by one sooner than listed by item.
const LINES_FEW: usize = 8;

/// Asks every line of an item.
pub(super) fn check<'a>(case: &Case<'_, 'a>, billed: &[Billed<'a>], reports: &mut [Report]) {
    let contracts = case.facts.contracts.as_slice();
    let listed = (billed.len() > LINES_FEW).then(|| by_item(contracts));
    for (it, report) in billed.iter().zip(reports) {
        let Some(line) = it.first else { continue };
        let Some(item) = line.line.item_id.as_ref().filter(|_| line.item.is_some()) else {
            continue;
        };
        let is_for = |it: &Offer<'a>| is_for(case, it.0, line);
        let offers: Few<Offer<'a>> = match &listed {
            Some(listed) => {
                listed.get(item).into_iter().flatten().filter(|it| is_for(it)).cloned().collect()
            }
            None => of_item(contracts, item).filter(is_for).collect(),
        };
        if offers.is_empty() && !needs_one(case, line) {
            continue;
        }
        match (it.stopped, case.ground.stands.fine(line.place)) {
            (None, Some(stand)) => one(case, (it, line, stand), &offers, report),
            (because, _) => {
                report.not_evaluated(Key::ContractPrice, because.unwrap_or(Code::Uom01));
            }
        }
    }
}

fn by_item(contracts: &[Contract]) -> HashMap<&ItemId, Vec<Offer<'_>>> {
    let mut listed: HashMap<&ItemId, Vec<Offer<'_>>> = HashMap::default();
    let all = contracts.iter().flat_map(|it| it.prices.iter().map(move |price| (it, price)));
    for (contract, price) in all {
        let offers = listed.entry(&price.item_id).or_default();
        match offers.last_mut().filter(|it| std::ptr::eq(it.0, contract)) {
            Some((_contract, prices)) => prices.push(price),
            None => offers.push((contract, Few::One(price))),
        }
    }
    listed
}

fn of_item<'a>(contracts: &'a [Contract], item: &ItemId) -> impl Iterator<Item = Offer<'a>> {
    contracts.iter().filter_map(move |contract| {
        let prices = contract.prices.iter().filter(|it| it.item_id == *item);
        let prices: Few<&ContractPrice> = prices.collect();
        (!prices.is_empty()).then_some((contract, prices))
    })
}

/// Goods that are billed after use need a contract; where none came along, it is enough that the
/// order names one.
fn needs_one(case: &Case<'_, '_>, line: &OrderLine<'_>) -> bool {
    let trusted = case.facts.contracts.is_empty() && line.order.contract_number.is_some();
    line.order.kind == OrderKind::BillOnly && !trusted
}

fn is_for(case: &Case<'_, '_>, contract: &Contract, line: &OrderLine<'_>) -> bool {
    let supplier = &line.order.supplier_id;
    let cited = line.order.contract_number.as_ref();
    case.ground.index.same_group(&contract.supplier_id, supplier)
        && cited.is_none_or(|it| *it == contract.number)
}

fn one<'a>(
    case: &Case<'_, 'a>,
    (billed, line, stand): (&Billed<'a>, &OrderLine<'a>, &Stand),
    offers: &[Offer<'a>],
    report: &mut Report,
) {
    let bill_only = line.order.kind == OrderKind::BillOnly;
    let agreed = match agreed(case, (billed, line, stand), offers) {
        Ok(agreed) => agreed,
        Err(Missing::Basis(code)) => return report.not_evaluated(Key::ContractPrice, code),
        Err(Missing::Price) if bill_only => {
            let item = line.item.map_or("the item", |(_place, it)| it.id.as_str());
            let detail = spoken!("no contract has a price for {item}, which is billed after use");
            return report.fail(Code::Con02, detail);
        }
        Err(Missing::Price) => return,
    };
    let Some(best) = agreed.first() else { return };
    let currency = billed.net.currency();
    let Some(rate) = case.rates().between(best.contract.currency, currency) else {
        return report.not_evaluated(Key::ContractPrice, Code::Cur02);
    };
    let quantity = billed.shares.iter().fold(Number::ZERO, |sum, it| &sum + &it.quantity);
    let worth = (&(&quantity * &best.one) * &rate).round(currency);
    let over = billed.net.minor() - worth.minor() - billed.price_credit.minor();
    let over = Money::from_minor(over, currency);
    judge(case, (billed, best, bill_only), &Measure::of_amount(over, worth), report);
    conflict(&agreed, report);
}

fn judge(
    case: &Case<'_, '_>,
    (billed, agreed, bill_only): (&Billed<'_>, &Agreed<'_>, bool),
    measure: &Measure,
    report: &mut Report,
) {
    let below = measure.amount.minor() < 0;
    let against = if below { Against::Lower } else { Against::Upper };
    let observed = report.observe(case.terms, (Key::ContractPrice, against), measure);
    if below && observed.result == CheckResult::PassWithin {
        // better than agreed is no difference that anybody has to tolerate
        return;
    }
    let over = measure.amount;
    let Agreed { contract, price, basis, .. } = agreed;
    let words = || {
        let side = if below { "under" } else { "over" };
        spoken!(
            "{} is billed, contract {} has {} per {} {} on {basis}: {} {side}",
            billed.net,
            contract.number,
            price.unit_price,
            price.price_base,
            price.uom,
            measure.words()
        )
    };
    match observed.result {
        CheckResult::Pass => return,
        CheckResult::PassWithin => report.raise(Outcome::MatchedWithinTolerance),
        CheckResult::NotEvaluated => {
            report.reason(Code::Cur02, words());
        }
        CheckResult::Breach if bill_only || observed.on_breach != OnBreach::Flag => {
            let hold = observed.on_breach == OnBreach::Exception;
            let on_breach = if hold { OnBreach::Exception } else { OnBreach::Block };
            let (code, key, measure, detail) = (Code::Con01, Key::ContractPrice, measure, words());
            report.blame(case.terms, Blame { code, key, measure, on_breach, detail });
        }
        // the order itself was wrong: noted for recovery, and it differs from nothing ordered
        CheckResult::Breach => {
            report.flag("CONTRACT_OVERCHARGE", spoken!("{over} to recover: {}", words()));
        }
    }
    let told = agreed.eligibility.and_then(|it| it.notified_on);
    if let Some(told) = told.filter(|it| over.minor() > 0 && *it > agreed.price.valid_from) {
        let since = agreed.price.valid_from;
        let detail = spoken!(
            "the supplier was told on {told} of a price that holds from {since}: {over} to recover"
        );
        report.flag(Code::Con03.as_str(), detail);
    }
}

/// Copies of one contract that name different prices.
fn conflict(agreed: &[Agreed<'_>], report: &mut Report) {
    let Some(best) = agreed.first() else { return };
    let other = agreed.iter().find(|it| {
        it.contract.number == best.contract.number
            && (it.one != best.one || it.contract.currency != best.contract.currency)
    });
    if let Some(other) = other {
        let words = |it: &Agreed<'_>| {
            let (price, currency) = (it.price, it.contract.currency);
            let owner = owner(it.contract.owner);
            spoken!("{} {currency} per {} in the {owner} copy", price.unit_price, price.uom)
        };
        let detail = spoken!(
            "copies of contract {} disagree: {}, {}; the first was taken",
            best.contract.number,
            words(best),
            words(other)
        );
        report.flag(Code::Con04.as_str(), detail);
    }
}

/// The prices that hold for a line, one of each contract, the one that counts first: our own copy
/// before those of others, the better price before the worse.
fn agreed<'a>(
    case: &Case<'_, 'a>,
    (billed, line, stand): (&Billed<'a>, &OrderLine<'a>, &Stand),
    offers: &[Offer<'a>],
) -> Result<Vec<Agreed<'a>>, Missing> {
    let mut found = Vec::new();
    let mut missing = Missing::Price;
    for (contract, prices) in offers {
        let basis = match basis(case, contract, (billed, line)) {
            Ok(basis) => basis,
            Err(code) => {
                missing = Missing::Basis(code);
                continue;
            }
        };
        found.extend(price(case, (*contract, prices), (line, stand), basis));
    }
    found.sort_by(|a: &Agreed<'_>, b: &Agreed<'_>| {
        let rank = |it: &Agreed<'_>| (rank(it.contract.owner), Reverse(it.eligibility.is_some()));
        (rank(a), &a.one, &a.contract.number).cmp(&(rank(b), &b.one, &b.contract.number))
    });
    if found.is_empty() { Err(missing) } else { Ok(found) }
}

/// The day that decides on a price of the contract.
fn basis(
    case: &Case<'_, '_>,
    contract: &Contract,
    (billed, line): (&Billed<'_>, &OrderLine<'_>),
) -> Result<Date, Code> {
    if line.order.kind == OrderKind::BillOnly {
        let number = &line.order.number;
        let used = case.facts.usages.iter().filter(|it| {
            it.purchase_order_number.as_ref() == Some(number)
                && it.purchase_order_line.is_none_or(|it| it == line.line.line_number)
                && Some(&it.item_id) == line.line.item_id.as_ref()
        });
        return Ok(used.map(|it| it.used_on).min().unwrap_or(line.order.order_date));
    }
    match contract.date_basis {
        DateBasis::OrderDate => Ok(line.order.order_date),
        DateBasis::InvoiceDate => Ok(case.ground.invoice.invoice_date),
        DateBasis::ShipDate => {
            let cited = billed.line.receipt_number.as_ref();
            let is_cited = |it: &&&canonical::Receipt| {
                cited.is_none_or(|cited| {
                    it.number == *cited || it.packing_slip.as_deref() == Some(cited.as_str())
                })
            };
            let receipts = line.receipts.iter().filter(is_cited);
            let first = receipts.map(|it| it.effective_at).min();
            let day = first.map(|it| it.to_zoned(jiff::tz::TimeZone::UTC).date());
            day.ok_or(Code::Qty01)
        }
    }
}

/// The price of one contract: that of the facility's tier before one for everybody, then the one
/// for the largest quantity that the order reaches.
fn price<'a>(
    case: &Case<'_, 'a>,
    (contract, prices): (&'a Contract, &[&'a ContractPrice]),
    (line, stand): (&OrderLine<'a>, &Stand),
    basis: Date,
) -> Option<Agreed<'a>> {
    let facility = line.order.facility_id.as_ref();
    let facility = facility.or(case.ground.invoice.facility_id.as_ref());
    if !holds(contract.valid_from, contract.valid_to, basis) {
        return None;
    }
    let units = case.ground.units;
    let candidates = prices.iter().copied().filter_map(|it| {
        let fits = holds(it.valid_from, it.valid_to, basis);
        let tier = it.tier.as_deref().filter(|_| fits);
        let eligibility = tier.and_then(|tier| eligible(contract, facility, tier, basis));
        if !fits || (it.tier.is_some() && eligibility.is_none()) {
            return None;
        }
        let factor = units.factor(line.of(), &it.uom, View::Suppliers).ok()?.value;
        let minimum = &Number::from(it.minimum_quantity) * &factor;
        let one = price_of_one(it.unit_price, it.price_base).per(&factor)?;
        (minimum <= stand.ordered)
            .then_some((minimum, Agreed { contract, price: it, one, basis, eligibility }))
    });
    let own = &line.line.quantity.uom;
    candidates
        .max_by(|(a_minimum, a), (b_minimum, b)| {
            let rank = |it: &Agreed<'_>| it.eligibility.is_some();
            let unit = |it: &Agreed<'_>| it.price.uom == *own;
            (rank(a), a_minimum, unit(a), Reverse(&a.one)).cmp(&(
                rank(b),
                b_minimum,
                unit(b),
                Reverse(&b.one),
            ))
        })
        .map(|(_minimum, it)| it)
}

fn eligible<'a>(
    contract: &'a Contract,
    facility: Option<&FacilityId>,
    tier: &str,
    basis: Date,
) -> Option<&'a PriceEligibility> {
    contract.eligibility.iter().find(|it| {
        Some(&it.facility_id) == facility
            && it.tier == tier
            && holds(it.valid_from, it.valid_to, basis)
    })
}

fn holds(from: Date, to: Option<Date>, on: Date) -> bool {
    from <= on && to.is_none_or(|it| on <= it)
}

const fn rank(owner: ContractOwner) -> u8 {
    match owner {
        ContractOwner::Local => 0,
        ContractOwner::Gpo => 1,
        ContractOwner::National => 2,
    }
}

const fn owner(owner: ContractOwner) -> &'static str {
    match owner {
        ContractOwner::Local => "local",
        ContractOwner::Gpo => "GPO's",
        ContractOwner::National => "national",
    }
}
