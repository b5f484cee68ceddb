use crate::testing::{Scratch, at, done, invoice_id, stale};
use crate::{MatchRun, NewMatchRun};
use canonical::{Kind, MatchResult, Outcome, PolicyCited};

fn run(run_no: u32) -> NewMatchRun {
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
    let run = MatchRun {
        invoice_id: invoice_id(1),
        run_no,
        cause: "submitted".to_owned(),
        policy_version: "T0@1".to_owned(),
        evaluated_at: at(run_no.into()),
        result,
    };
    NewMatchRun { run, facts_json: r#"{"receipts":[]}"#.to_owned() }
}

#[tokio::test]
async fn runs_come_back_newest_first_and_with_their_facts_one_by_one() {
    let scratch = Scratch::open().await;
    for number in 1..=3 {
        done(&scratch, |batch| batch.insert_match_run(run(number)).unwrap()).await;
    }
    let runs = scratch.match_runs(&invoice_id(1)).await.unwrap();
    assert_eq!(runs, [run(3).run, run(2).run, run(1).run]);
    assert_eq!(scratch.match_run(&invoice_id(1), 2).await.unwrap(), run(2));
}

#[tokio::test]
async fn a_run_is_never_written_over() {
    let scratch = Scratch::open().await;
    done(&scratch, |batch| batch.insert_match_run(run(1)).unwrap()).await;
    let guard = stale(&scratch, |batch| batch.insert_match_run(run(1)).unwrap()).await;
    assert_eq!(guard, format!("match_run {} 1", invoice_id(1)));
}

#[tokio::test]
async fn an_unknown_run_is_not_found() {
    let scratch = Scratch::open().await;
    let error = scratch.match_run(&invoice_id(1), 1).await.unwrap_err();
    assert_eq!(error.kind(), Kind::NotFound);
}
