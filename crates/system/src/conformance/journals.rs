//! Journals: posted once each under their keys, and none in a period that is closed.

use super::{Expected, Faults, nobody, paging};
use crate::Journals;
use crate::backends::Backend;
use canonical::{
    AccountRole, Error, Journal, JournalIntent, JournalKey, JournalLine, JournalState, Kind, Money,
    NewJournal, PageRequest, Period, Result, Side,
};
use jiff::civil::Date;
use std::sync::Arc;

pub(super) async fn journals(backend: &Arc<dyn Backend>, expected: &Expected, faults: &mut Faults) {
    let Some(kept) = Arc::clone(backend).journals() else { return };
    let Some(payable) = &expected.payable else {
        return faults.add("journals: kept, but the description has no payable to take a day from");
    };
    let kept = kept.as_ref();
    let on = payable.invoice_date;
    let (Some(first), Some(other)) = (intent("J-SUITE", on, 2_500), intent("J-SUITE", on, 2_501))
    else {
        return faults.add("journals: the suite has a journal that is none");
    };
    before(kept, &first, faults).await;
    for question in ["journals: put", "journals: put again"] {
        posted(question, kept.put(&first).await, &first, faults);
    }
    match kept.put(&other).await.as_ref().map_err(Error::kind) {
        Err(Kind::Conflict) => {}
        answer => faults.add(format!("journals: another under the key is {answer:?}")),
    }
    let found = faults.take("journals: find", kept.find(first.key()).await);
    match found.flatten() {
        Some(it) => posted("journals: find", Ok(it), &first, faults),
        None => faults.add("journals: what was posted is not found"),
    }
    closed(backend, kept, faults).await;
    let list = async |it: PageRequest| kept.list(&it).await;
    paging::check("journals", faults, list, |it: &Journal| it.intent.key().clone()).await;
}

async fn before(kept: &dyn Journals, first: &JournalIntent, faults: &mut Faults) {
    let keys = [Some(first.key().clone()), nobody::<JournalKey>()];
    for key in keys.into_iter().flatten() {
        if let Some(found) = faults.take("journals: find", kept.find(&key).await) {
            faults.check(found.is_none(), format!("journals: {key} is there before the suite"));
        }
    }
}

/// A refusal has a code, and leaves nothing behind.
async fn closed(backend: &Arc<dyn Backend>, kept: &dyn Journals, faults: &mut Faults) {
    let Some(periods) = Arc::clone(backend).periods() else { return };
    let page = PageRequest::default();
    let Some(listed) = faults.take("journals: periods", periods.list(&page).await) else { return };
    let Some(period) = listed.items.iter().find(|it| !it.takes_journals()) else { return };
    let Some(late) = intent("J-LATE", period.from, 100) else { return };
    if let Some(answer) = faults.take("journals: put in a closed period", kept.put(&late).await) {
        let code = answer.refusal.as_ref().map(|it| it.code.as_str());
        let fine = answer.state == JournalState::Rejected && code == Some("PER-01");
        faults.check(fine, format!("journals: a closed period is answered with {answer:?}"));
    }
    let found = faults.take("journals: find what was refused", kept.find(late.key()).await);
    faults.check(found.is_none_or(|it| it.is_none()), "journals: a refused one is there");
}

fn posted(question: &str, answer: Result<Journal>, intent: &JournalIntent, faults: &mut Faults) {
    let Some(answer) = faults.take(question, answer) else { return };
    faults.check(answer.intent == *intent, format!("{question}: another intent"));
    let fine = answer.state == JournalState::Posted && answer.document_number.is_some();
    faults.check(fine, format!("{question}: it is {:?}, not posted with a number", answer.state));
}

fn intent(key: &str, on: Date, minor: i64) -> Option<JournalIntent> {
    let line = |role, side| JournalLine {
        role,
        side,
        amount: Money::from_minor(minor.into(), canonical::Currency::USD),
        purchase_order_number: None,
        purchase_order_line: None,
        cost_center_id: None,
    };
    let journal = NewJournal {
        key: key.parse().ok()?,
        legal_entity: None,
        facility_id: None,
        period: Period::of(on),
        posting_date: on,
        description: "Conformance".to_owned(),
        source: "conformance".to_owned(),
        reverses: None,
        lines: vec![
            line(AccountRole::Expense, Side::Debit),
            line(AccountRole::AccruedLiability, Side::Credit),
        ],
    };
    JournalIntent::new(journal).ok()
}
