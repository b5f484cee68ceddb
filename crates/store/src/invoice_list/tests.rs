use super::{newest, waiting};
use crate::testing::{Scratch, at, blocked, done, head, insert};
use crate::{Batch, InvoiceFilter, InvoiceHead, Store};
use canonical::{Code, Cursor, InvoiceId, InvoiceState, Kind, PageRequest};
use proptest::prelude::{Strategy, any, proptest};
use proptest::test_runner::Config;

#[derive(Clone, Copy, Debug)]
enum List {
    Newest,
    Waiting,
}

/// Every id of the list, page by page.
async fn all(store: &Store, list: List, filter: &InvoiceFilter, limit: u32) -> Vec<InvoiceId> {
    let mut page = PageRequest { limit, cursor: None };
    let mut ids = Vec::new();
    loop {
        let answer = match list {
            List::Newest => store.invoices(filter, &page).await.unwrap(),
            List::Waiting => store.waiting_invoices(filter, &page).await.unwrap(),
        };
        assert!(answer.items.len() <= limit as usize);
        ids.extend(answer.items.into_iter().map(|it| it.id));
        match answer.next_cursor {
            Some(cursor) => page.cursor = Some(cursor),
            None => return ids,
        }
    }
}

/// An invoice whose keys follow from four small numbers.
fn made(number: usize, [state, supplier, facility, code]: [u8; 4]) -> InvoiceHead {
    let states = [InvoiceState::Matched, InvoiceState::Blocked, InvoiceState::Exception];
    let facility = ["LAKESIDE", "HARBOUR"].get(usize::from(facility)).map(|it| it.parse());
    let codes = [Code::Qty02, Code::Prc01];
    InvoiceHead {
        state: states[usize::from(state)],
        supplier_id: format!("SUP-{supplier}").parse().unwrap(),
        facility_id: facility.transpose().unwrap(),
        codes: codes.get(usize::from(code)).into_iter().copied().collect(),
        // several share an instant
        created_at: at(i64::try_from(number / 3).unwrap()),
        ..head(number)
    }
}

fn holds(filter: &InvoiceFilter, head: &InvoiceHead) -> bool {
    filter.state.is_none_or(|it| it == head.state)
        && filter.supplier_id.as_ref().is_none_or(|it| *it == head.supplier_id)
        && (filter.facility_id.is_none() || filter.facility_id == head.facility_id)
        && filter.reason.is_none_or(|it| head.codes.contains(&it))
}

fn filters() -> impl Strategy<Value = InvoiceFilter> {
    any::<(Option<bool>, Option<bool>, Option<bool>, Option<bool>)>().prop_map(
        |(state, supplier, facility, reason)| InvoiceFilter {
            state: state.map(|it| if it { InvoiceState::Blocked } else { InvoiceState::Matched }),
            supplier_id: supplier.map(|it| format!("SUP-{}", u8::from(it)).parse().unwrap()),
            facility_id: facility
                .map(|it| if it { "LAKESIDE" } else { "HARBOUR" }.parse().unwrap()),
            reason: reason.map(|it| if it { Code::Qty02 } else { Code::Prc01 }),
        },
    )
}

async fn check(invoices: Vec<InvoiceHead>, filter: InvoiceFilter, limit: u32) {
    let scratch = Scratch::open().await;
    let mut batch = Batch::new();
    for head in &invoices {
        batch.insert_invoice(head, &crate::testing::invoice(head)).unwrap();
    }
    assert!(scratch.commit(batch).await.unwrap().is_done());
    let ids = |it: Vec<&InvoiceHead>| it.iter().map(|it| it.id.clone()).collect::<Vec<_>>();
    let newest = invoices.iter().rev().filter(|it| holds(&filter, it)).collect();
    assert_eq!(all(&scratch, List::Newest, &filter, limit).await, ids(newest));
    let mut waiting: Vec<_> =
        invoices.iter().filter(|it| it.waits() && holds(&filter, it)).collect();
    waiting.sort_by_key(|it| it.created_at);
    assert_eq!(all(&scratch, List::Waiting, &filter, limit).await, ids(waiting));
}

proptest! {
    #![proptest_config(Config { cases: 24, failure_persistence: None, ..Config::default() })]

    #[test]
    fn every_page_together_is_the_filtered_list_in_order(
        keys in proptest::collection::vec([0..3_u8, 0..2_u8, 0..3_u8, 0..3_u8], 0..40),
        filter in filters(),
        limit in 1..9_u32,
    ) {
        let invoices = keys.into_iter().enumerate().map(|(number, keys)| made(number, keys));
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(check(invoices.collect(), filter, limit));
    }
}

#[tokio::test]
async fn what_comes_in_between_two_pages_repeats_nothing() {
    let scratch = Scratch::open().await;
    for number in 1..=4 {
        insert(&scratch, &head(number)).await;
    }
    let filter = InvoiceFilter::default();
    let mut page = PageRequest { limit: 2, cursor: None };
    page.cursor = scratch.invoices(&filter, &page).await.unwrap().next_cursor;
    insert(&scratch, &head(5)).await;
    let second = scratch.invoices(&filter, &page).await.unwrap();
    let ids: Vec<_> = second.items.into_iter().map(|it| it.id).collect();
    assert_eq!(ids, [head(2).id, head(1).id]);
}

#[tokio::test]
async fn an_invoice_leaves_the_waiting_list_when_it_is_matched() {
    let scratch = Scratch::open().await;
    insert(&scratch, &blocked(1, &[Code::Qty02])).await;
    insert(&scratch, &blocked(2, &[Code::Prc01])).await;
    let filter = InvoiceFilter { reason: Some(Code::Qty02), ..InvoiceFilter::default() };
    assert_eq!(all(&scratch, List::Waiting, &filter, 10).await, [head(1).id]);
    let mut first = scratch.invoice(&head(1).id).await.unwrap().head;
    first.state = InvoiceState::Matched;
    first.codes.clear();
    done(&scratch, |batch| batch.update_invoice(&first).unwrap()).await;
    assert!(all(&scratch, List::Waiting, &filter, 10).await.is_empty());
    assert!(all(&scratch, List::Newest, &filter, 10).await.is_empty());
    let rest = all(&scratch, List::Waiting, &InvoiceFilter::default(), 10).await;
    assert_eq!(rest, [head(2).id]);
}

#[tokio::test]
async fn a_cursor_of_another_list_is_refused() {
    let scratch = Scratch::open().await;
    let filter = InvoiceFilter::default();
    for cursor in ["", "n", "w1.2", "n1.2", "n99999999999999999999", "1; DROP TABLE invoice", "é"]
    {
        let page = PageRequest { limit: 2, cursor: Some(Cursor(cursor.to_owned())) };
        let error = scratch.invoices(&filter, &page).await.unwrap_err();
        assert_eq!(error.kind(), Kind::Invalid, "{cursor}");
        assert_eq!(error.fields()[0].pointer, "?cursor");
    }
}

#[tokio::test]
async fn no_list_reads_the_whole_history() {
    let scratch = Scratch::open().await;
    let state = Some(InvoiceState::Paid);
    let supplier_id = Some("SUP-1".parse().unwrap());
    let facility_id = Some("LAKESIDE".parse().unwrap());
    let none = InvoiceFilter::default();
    let filters = [
        none.clone(),
        InvoiceFilter { state, ..none.clone() },
        InvoiceFilter { supplier_id: supplier_id.clone(), ..none.clone() },
        InvoiceFilter { supplier_id, state, ..none.clone() },
        InvoiceFilter { facility_id: facility_id.clone(), ..none.clone() },
        InvoiceFilter { facility_id, state, ..none.clone() },
        InvoiceFilter { reason: Some(Code::Qty02), ..none.clone() },
        InvoiceFilter { reason: Some(Code::Qty02), state, ..none },
    ];
    let page = |cursor: &str| PageRequest { limit: 50, cursor: Some(Cursor(cursor.to_owned())) };
    for filter in filters {
        if scratch.is_postgres() {
            let first = match (&filter.reason, &filter.supplier_id, &filter.facility_id) {
                (Some(_), ..) => "invoice_reason_pkey",
                (None, Some(_), _) => "invoice_by_supplier",
                (None, None, Some(_)) => "invoice_by_facility",
                (None, None, None) if filter.state.is_some() => "invoice_by_state",
                (None, None, None) => "invoice_pkey",
            };
            scratch.assert_walks(&newest(&filter, &page("n9")).unwrap().sql, &[first]);
            let waiting = waiting(&filter, &page("w5.6")).unwrap();
            scratch.assert_walks(&waiting.sql, &["invoice_waiting"]);
            continue;
        }
        let plan = scratch.plan(&newest(&filter, &page("n9")).unwrap().sql);
        let first = if filter.reason.is_some() { "SEARCH r" } else { "SEARCH i" };
        assert!(plan.starts_with(first), "{filter:?}: {plan}");
        assert!(!plan.contains("TEMP B-TREE"), "{filter:?}: {plan}");
        let plan = scratch.plan(&waiting(&filter, &page("w5.6")).unwrap().sql);
        assert!(plan.starts_with("SEARCH i"), "{filter:?}: {plan}");
    }
    if scratch.is_postgres() {
        return;
    }
    let plan = scratch.plan(&waiting(&InvoiceFilter::default(), &page("w5.6")).unwrap().sql);
    assert!(plan.contains("INDEX invoice_waiting"), "{plan}");
    assert!(!plan.contains("TEMP B-TREE"), "{plan}");
}
