use crate::testing::{Scratch, at, done, invoice_id, stale};
use crate::{Case, CaseFilter, CaseState};
use canonical::PageRequest;

fn case(id: &str, invoice: usize, due: i64) -> Case {
    Case {
        id: id.to_owned(),
        version: 1,
        invoice_id: invoice_id(invoice),
        queue: "buyer".to_owned(),
        state: CaseState::New,
        supplier_id: "SUP-1".parse().unwrap(),
        facility_id: None,
        opened_at: at(0),
        due_at: at(due),
        resolved_at: None,
        assignee: None,
        escalates_at: None,
        body_json: "{}".to_owned(),
    }
}

async fn listed(scratch: &Scratch, filter: CaseFilter) -> Vec<String> {
    let (mut ids, mut page) = (Vec::new(), PageRequest { limit: 1, cursor: None });
    loop {
        let found = scratch.cases(&filter, &page).await.unwrap();
        ids.extend(found.items.into_iter().map(|it| it.id));
        match found.next_cursor {
            Some(next) => page.cursor = Some(next),
            None => return ids,
        }
    }
}

#[tokio::test]
async fn the_case_that_is_due_first_comes_first() {
    let scratch = Scratch::open().await;
    let ended =
        Case { state: CaseState::Resolved, resolved_at: Some(at(1)), ..case("case_3", 3, 2) };
    let all = [case("case_1", 1, 9), case("case_2", 2, 3), ended];
    done(&scratch, |batch| all.iter().for_each(|it| batch.insert_case(it))).await;
    assert_eq!(listed(&scratch, CaseFilter::default()).await, ["case_3", "case_2", "case_1"]);
    let overdue = CaseFilter { overdue: Some((true, at(5))), ..CaseFilter::default() };
    assert_eq!(listed(&scratch, overdue).await, ["case_2"]);
    let rest = CaseFilter { overdue: Some((false, at(5))), ..CaseFilter::default() };
    assert_eq!(listed(&scratch, rest).await, ["case_3", "case_1"]);
    let other = CaseFilter { queue: Some("ap".to_owned()), ..CaseFilter::default() };
    assert!(listed(&scratch, other).await.is_empty());
}

#[tokio::test]
async fn a_case_changes_from_what_was_read() {
    let scratch = Scratch::open().await;
    done(&scratch, |batch| batch.insert_case(&case("case_1", 1, 9))).await;
    let taken = Case { state: CaseState::InProgress, ..case("case_1", 1, 9) };
    done(&scratch, |batch| batch.update_case(&taken)).await;
    assert_eq!(stale(&scratch, |batch| batch.update_case(&taken)).await, "case case_1");
    let kept = scratch.cases_of(&invoice_id(1)).await.unwrap();
    assert_eq!(kept, [Case { version: 2, ..taken }]);
}

#[tokio::test]
async fn two_invoices_that_are_not_one_are_so_seen_from_both() {
    let scratch = Scratch::open().await;
    let (one, other) = (invoice_id(1), invoice_id(2));
    done(&scratch, |batch| {
        batch.insert_not_duplicate((&one, other.as_str()), ("ap", "two deliveries"), at(1));
    })
    .await;
    assert_eq!(scratch.not_duplicates(&one).await.unwrap(), [other.to_string()]);
    assert_eq!(scratch.not_duplicates(&other).await.unwrap(), [one.to_string()]);
    assert!(scratch.not_duplicates(&invoice_id(3)).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_case_is_found_by_who_has_it_and_by_whether_it_is_open() {
    let scratch = Scratch::open().await;
    let kims = Case { assignee: Some("kim".to_owned()), ..case("case_1", 1, 9) };
    let over = Case { state: CaseState::Resolved, ..case("case_2", 2, 3) };
    done(&scratch, |batch| [kims, over].iter().for_each(|it| batch.insert_case(it))).await;
    let of = |assignee: Option<&str>, open: Option<bool>| CaseFilter {
        assignee: assignee.map(str::to_owned),
        open,
        ..CaseFilter::default()
    };
    assert_eq!(listed(&scratch, of(Some("kim"), None)).await, ["case_1"]);
    assert!(listed(&scratch, of(Some("lee"), None)).await.is_empty());
    assert_eq!(listed(&scratch, of(None, Some(true))).await, ["case_1"]);
    assert_eq!(listed(&scratch, of(None, Some(false))).await, ["case_2"]);
}

#[tokio::test]
async fn what_is_to_be_escalated_is_found_when_it_is_due() {
    let scratch = Scratch::open().await;
    assert_eq!(scratch.next_escalation_at().await.unwrap(), None);
    let at_5 = Case { escalates_at: Some(at(5)), ..case("case_1", 1, 9) };
    let at_3 = Case { escalates_at: Some(at(3)), ..case("case_2", 2, 9) };
    let all = [at_5, at_3, case("case_3", 3, 9)];
    done(&scratch, |batch| all.iter().for_each(|it| batch.insert_case(it))).await;
    assert_eq!(scratch.next_escalation_at().await.unwrap(), Some(at(3)));
    let due = async |by, limit| {
        let found = scratch.cases_to_escalate(at(by), limit).await.unwrap();
        found.into_iter().map(|it| it.id).collect::<Vec<_>>()
    };
    assert!(due(2, 9).await.is_empty());
    assert_eq!(due(3, 9).await, ["case_2"]);
    assert_eq!(due(9, 9).await, ["case_2", "case_1"]);
    assert_eq!(due(9, 1).await, ["case_2"]);
}
