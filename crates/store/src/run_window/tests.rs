use super::*;
use crate::testing::{Scratch, at, done, head, invoice, invoice_id};
use crate::{MatchRun, NewMatchRun};
use canonical::{MatchResult, Outcome, PolicyCited};

fn run(number: usize, run_no: u32, seconds: i64) -> NewMatchRun {
    let result = MatchResult {
        settlement: None,
        tax: None,
        exchange: None,
        outcome: Outcome::Matched,
        reasons: Vec::new(),
        flags: Vec::new(),
        checks: Vec::new(),
        lines: Vec::new(),
        policy: PolicyCited { tolerances: "T0@1".to_owned(), duplicates: None, taxes: None },
    };
    NewMatchRun {
        run: MatchRun {
            invoice_id: invoice_id(number),
            run_no,
            cause: "submitted".to_owned(),
            policy_version: "T0@1".to_owned(),
            evaluated_at: at(seconds),
            result,
        },
        facts_json: format!("{{\"of\":{number}}}"),
    }
}

/// Invoices 1 to 5, one a second, the third matched again at the end; 2 and 4 of another supplier.
async fn filled() -> Scratch {
    let scratch = Scratch::open().await;
    for number in 1..=5 {
        let mut head = head(number);
        if number % 2 == 0 {
            head.supplier_id = "SUP-2".parse().unwrap();
            head.facility_id = Some("LAKESIDE".parse().unwrap());
        }
        done(&scratch, |batch| {
            batch.insert_invoice(&head, &invoice(&head)).unwrap();
            batch.insert_match_run(run(number, 1, i64::try_from(number).unwrap())).unwrap();
        })
        .await;
    }
    done(&scratch, |batch| batch.insert_match_run(run(3, 2, 9)).unwrap()).await;
    scratch
}

fn window(from: Option<i64>, to: i64) -> RunWindow {
    RunWindow { from: from.map(at), to: at(to), supplier_id: None, facility_id: None }
}

async fn read_all(store: &Store, window: &RunWindow, limit: u32) -> Vec<(String, u32, bool)> {
    let mut found = Vec::new();
    let mut after = None;
    loop {
        let page = store.runs(window, after.as_ref(), limit).await.unwrap();
        let Some(last) = page.last() else { break };
        assert!(page.len() <= limit as usize);
        after = Some(last.key());
        found.extend(page.into_iter().map(|it| (it.facts_json, it.run_no, it.is_latest)));
    }
    assert_eq!(store.count_runs(window).await.unwrap(), found.len() as u64);
    found
}

#[tokio::test]
async fn a_window_is_read_in_the_order_of_time_whatever_the_page() {
    let scratch = filled().await;
    let of = |number: usize, run: u32, latest: bool| (format!("{{\"of\":{number}}}"), run, latest);
    let all = [of(1, 1, true), of(2, 1, true), of(3, 1, false), of(4, 1, true), of(5, 1, true)];
    let whole: Vec<_> = all.iter().cloned().chain([of(3, 2, true)]).collect();
    for limit in 1..=7 {
        assert_eq!(read_all(&scratch, &window(None, 100), limit).await, whole);
    }
    let before = [of(2, 1, true), of(3, 1, true), of(4, 1, true)];
    assert_eq!(read_all(&scratch, &window(Some(2), 5), 2).await, before, "to is not in it");
    let mut narrow = window(None, 100);
    narrow.supplier_id = Some("SUP-2".parse().unwrap());
    assert_eq!(read_all(&scratch, &narrow, 1).await, [of(2, 1, true), of(4, 1, true)]);
    narrow.facility_id = Some("RIVERSIDE".parse().unwrap());
    assert_eq!(read_all(&scratch, &narrow, 1).await, []);
}

#[tokio::test]
async fn a_page_is_found_by_its_index() {
    let scratch = filled().await;
    let runs = scratch.runs(&window(None, 100), None, 1).await.unwrap();
    let query = page(&window(Some(1), 100), Some(&runs[0].key()), 10);
    if scratch.is_postgres() {
        return scratch.assert_walks(&query.sql, &["match_run_by_time"]);
    }
    let plan = scratch.plan(&query.sql);
    assert!(plan.contains("match_run_by_time"), "{plan}");
    assert!(!plan.contains("TEMP B-TREE") && !plan.contains("SCAN"), "{plan}");
}
