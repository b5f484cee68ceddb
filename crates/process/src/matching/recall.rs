//! Recalls, and lots and serial numbers that are missing (`domain.md` A14.4). What is recalled is
//! held however perfect the match is; goods in quarantine are not accepted.

use super::bill::Billed;
use super::few::{HashMap, HashSet};
use super::index::{Index, OrderLine};
use super::key::Key;
use super::later::Case;
use super::measure::Measure;
use super::number::Number;
use super::report::{Report, Terms, Verdict};
use super::request::Facts;
use super::shelf_life::short_days;
use canonical::{Code, Item, ItemId, Recall, Receipt, ReceiptNumber};
use jiff::civil::Date;

/// The lots and serial numbers of a line, or of what was received or used on it.
type Marks<'a> = (&'a [String], &'a [String]);

/// Open recalls, by item.
struct Recalls<'a>(HashMap<&'a ItemId, Vec<&'a Recall>>);

impl<'a> Recalls<'a> {
    fn new(facts: &'a Facts, today: Date) -> Self {
        let mut open: HashMap<&ItemId, Vec<&Recall>> = HashMap::default();
        let is_open = |it: &&Recall| it.closed_on.is_none_or(|it| today < it);
        for it in facts.recalls.iter().filter(is_open) {
            open.entry(&it.item_id).or_default().push(it);
        }
        Self(open)
    }

    fn hit(&self, item: &ItemId, (lots, serials): Marks<'_>) -> Option<&'a Recall> {
        self.0.get(item)?.iter().copied().find(|it| {
            let all = it.lot_numbers.is_empty() && it.serial_numbers.is_empty();
            let within = |of: &[String], marks: &[String]| marks.iter().any(|it| of.contains(it));
            all || within(&it.lot_numbers, lots) || within(&it.serial_numbers, serials)
        })
    }
}

/// The receipts whose goods count as not accepted: recalled, without the lots and serial numbers
/// that the item must have, or too close to their expiry.
pub(super) fn quarantined<'a>(
    terms: &Terms<'_>,
    facts: &'a Facts,
    index: &Index<'a>,
    today: Date,
) -> HashSet<&'a ReceiptNumber> {
    let controlled = controls(facts);
    if facts.recalls.is_empty() && !controlled {
        return HashSet::default();
    }
    let recalls = Recalls::new(facts, today);
    let held = |it: &&Receipt| {
        let order = index.order(&it.purchase_order_number);
        let line = order.and_then(|order| index.line(order.numbered(it.purchase_order_line)?));
        let item = line.and_then(|line| line.line.item_id.as_ref()).or(it.item_id.as_ref());
        let recalled = item.and_then(|item| recalls.hit(item, marks(it))).is_some();
        let faulty = |line| missing(line, it).is_some() || short_dated(terms, line, it);
        recalled || line.is_some_and(|line| controlled && faulty(line))
    };
    facts.receipts.iter().filter(held).map(|it| &it.number).collect()
}

fn short_dated(terms: &Terms<'_>, line: &OrderLine<'_>, receipt: &Receipt) -> bool {
    let row = terms.row(Key::ShelfLife);
    short_days(line, receipt).is_some_and(|days| {
        let measure = Measure::of_days(days.max(0), terms.currency);
        terms.verdict(row, &row.upper, &measure) != Verdict::Inside
    })
}

/// Asks every line whether what it bills is recalled.
pub(super) fn check(case: &Case<'_, '_>, billed: &[Billed<'_>], reports: &mut [Report]) {
    if case.facts.recalls.is_empty() {
        return;
    }
    let recalls = Recalls::new(case.facts, case.today());
    for (it, report) in billed.iter().zip(reports) {
        let line = it.first;
        let item = line.and_then(|it| it.line.item_id.as_ref()).or(it.line.item_id.as_ref());
        let Some(item) = item else {
            if let Some(because) = it.stopped {
                report.not_asked(Code::Rcl01.word(), because);
            }
            continue;
        };
        if let Some(recall) = recalled(case, &recalls, (it, line, item)) {
            let number = &recall.number;
            let detail = format!(
                "recall {number} of {item} is open since {}: the goods are quarantined, and what \
                 is unpaid waits",
                recall.opened_on
            );
            report.fail(Code::Rcl01, detail);
        }
    }
}

/// What the invoice names decides where it names what was received; else what was received, and
/// what was used.
fn recalled<'r>(
    case: &Case<'_, '_>,
    recalls: &Recalls<'r>,
    (billed, line, item): (&Billed<'_>, Option<&OrderLine<'_>>, &ItemId),
) -> Option<&'r Recall> {
    let own: Marks<'_> = (&billed.line.lot_numbers, &billed.line.serial_numbers);
    if let Some(recall) = recalls.hit(item, own) {
        return Some(recall);
    }
    let line = line?;
    let cited = billed.line.receipt_number.as_ref();
    let counted = |it: &&&Receipt| {
        cited.is_none_or(|cited| {
            it.number == *cited || it.packing_slip.as_deref() == Some(cited.as_str())
        })
    };
    let receipts: Vec<&Receipt> = line.receipts.iter().filter(counted).copied().collect();
    let known = |of: fn(&Receipt) -> &[String], these: &[String]| {
        !these.is_empty() && these.iter().all(|one| receipts.iter().any(|it| of(it).contains(one)))
    };
    if known(|it| &it.lot_numbers, own.0) || known(|it| &it.serial_numbers, own.1) {
        return None;
    }
    let received = receipts.iter().find_map(|it| recalls.hit(item, marks(it)));
    received.or_else(|| {
        let mut used = case.facts.usages.iter().filter(|it| {
            it.purchase_order_number.as_ref() == Some(&line.order.number)
                && it.purchase_order_line.is_none_or(|it| it == line.line.line_number)
                && it.item_id == *item
        });
        used.find_map(|it| {
            let lots = it.lot_number.as_slice();
            recalls.hit(item, (lots, &it.serial_numbers))
        })
    })
}

/// Notes receipts that lack what the item must have.
pub(super) fn marked<'a>(case: &Case<'_, 'a>, billed: &[Billed<'a>], reports: &mut [Report]) {
    if !controls(case.facts) {
        return;
    }
    for (at, line, receipt) in case.receipts(billed) {
        let Some((report, what)) = reports.get_mut(at).zip(missing(line, receipt)) else {
            continue;
        };
        let number = &receipt.number;
        let detail =
            format!("receipt {number} lacks {what}; the goods are quarantined until it is said");
        report.flag(Code::Lot01.as_str(), detail);
    }
}

/// Whether any item wants more of a receipt than a quantity.
fn controls(facts: &Facts) -> bool {
    facts
        .items
        .iter()
        .any(|it| it.lot_controlled || it.serial_controlled || it.minimum_shelf_days.is_some())
}

/// What a receipt does not say of its goods.
fn missing(line: &OrderLine<'_>, receipt: &Receipt) -> Option<&'static str> {
    let item: &Item = line.item?.1;
    let quantity = Number::from(receipt.quantity.value);
    if receipt.reversal_of.is_some() || !quantity.is_positive() {
        return None;
    }
    let serials = Number::whole(i128::try_from(receipt.serial_numbers.len()).unwrap_or(i128::MAX));
    let in_base = receipt.quantity.uom == item.base_uom;
    if item.lot_controlled && receipt.lot_numbers.is_empty() {
        Some("its lots")
    } else if item.serial_controlled
        && (receipt.serial_numbers.is_empty() || (in_base && serials < quantity))
    {
        Some("a serial number for each piece")
    } else if item.minimum_shelf_days.is_some() && receipt.expires_on.is_none() {
        Some("its expiry date")
    } else {
        None
    }
}

fn marks(receipt: &Receipt) -> Marks<'_> {
    (&receipt.lot_numbers, &receipt.serial_numbers)
}
