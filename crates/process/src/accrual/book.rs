//! The journals of a run: one for each set of books and currency, and the one that takes it back.

use super::{AccrualLine, AccrualRun, RunJournal};
use canonical::{
    AccountRole, Currency, FacilityId, JournalIntent, JournalKey, JournalLine, Money, NewJournal,
    PurchaseOrderLine, Result, Side,
};
use std::collections::BTreeMap;

/// What a journal is for: the books, the facility, the currency.
type Books = (Option<String>, Option<FacilityId>, Currency);

/// Whether what is ordered goes to stock: an item that no cost centre is charged for.
pub(crate) fn is_stock(line: &PurchaseOrderLine) -> bool {
    line.item_id.is_some() && line.cost_center_id.is_none()
}

/// The journals of what the run moves, each followed by its reversal.
pub(super) fn journals(run: &AccrualRun, id: &str) -> Result<Vec<RunJournal>> {
    let mut books: BTreeMap<Books, Vec<JournalLine>> = BTreeMap::new();
    for line in &run.items {
        let (entity, facility) = (line.legal_entity.clone(), line.facility_id.clone());
        let key = (entity, facility, line.accrue.currency());
        books.entry(key).or_default().extend(sides(line));
    }
    let mut journals = Vec::new();
    for ((legal_entity, facility_id, _currency), lines) in books {
        // ok: lines come in pairs that balance, and the most is even
        for lines in lines.chunks(JournalIntent::LINES_MAX) {
            let number = journals.len() / 2 + 1;
            let intent = JournalIntent::new(NewJournal {
                key: key(&format!("{id}-{number}"))?,
                legal_entity: legal_entity.clone(),
                facility_id: facility_id.clone(),
                period: run.period,
                posting_date: run.cutoff,
                description: format!("Accruals of {}", run.period),
                source: id.to_owned(),
                reverses: None,
                lines: lines.to_vec(),
            })?;
            let next = run.period.next();
            let back = key(&format!("{id}-{number}-R"))?;
            let back = intent.reversal(back, next, next.first_day())?;
            journals.extend([proposed(&intent), proposed(&back)]);
        }
    }
    Ok(journals)
}

fn key(text: &str) -> Result<JournalKey> {
    text.parse().map_err(|detail: &str| canonical::Error::internal(detail))
}

fn proposed(intent: &JournalIntent) -> RunJournal {
    let intent = intent.journal().clone();
    RunJournal { intent, state: None, document_number: None, detail: None }
}

/// What is owed against what was received; what is on its way against where it was charged.
fn sides(line: &AccrualLine) -> Vec<JournalLine> {
    let pairs = [
        (line.accrue_delta, line.charged, AccountRole::AccruedLiability),
        (line.in_transit_delta, AccountRole::GoodsInTransit, line.charged),
    ];
    let mut lines = Vec::new();
    for (amount, debit, credit) in pairs.into_iter().filter(|it| it.0.minor() != 0) {
        let size = i128::try_from(amount.minor().unsigned_abs()).unwrap_or(i128::MAX);
        let size = Money::from_minor(size, amount.currency());
        let is_back = amount.minor() < 0;
        for (role, side) in [(debit, Side::Debit), (credit, Side::Credit)] {
            lines.push(JournalLine {
                role,
                side: if is_back { side.other() } else { side },
                amount: size,
                purchase_order_number: Some(line.purchase_order_number.clone()),
                purchase_order_line: Some(line.purchase_order_line),
                cost_center_id: line.cost_center_id.clone(),
            });
        }
    }
    lines
}
