use crate::testing::{Scratch, at, done, head, insert, invoice_id, stale};
use crate::{Batch, InvoiceHead, MatchRun, NewMatchRun};
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
    insert(&scratch, &InvoiceHead { run_no: 3, ..head(1) }).await;
    for number in 1..=3 {
        done(&scratch, |batch| batch.insert_match_run(run(number)).unwrap()).await;
    }
    let runs = scratch.match_runs(&[invoice_id(1)]).await.unwrap();
    assert_eq!(runs, [run(3).run, run(2).run, run(1).run]);
    assert_eq!(scratch.match_run(&invoice_id(1), 2).await.unwrap(), run(2));
}

#[tokio::test]
async fn runs_of_several_invoices_come_back_in_one_read() {
    let scratch = Scratch::open().await;
    for number in [1, 2] {
        let head = InvoiceHead { run_no: 101, ..head(number) };
        insert(&scratch, &head).await;
        let runs = [1, 2, 101].map(|run_no| {
            let mut run = run(run_no);
            run.run.invoice_id = invoice_id(number);
            run
        });
        let keep = |batch: &mut Batch| {
            runs.into_iter().for_each(|it| batch.insert_match_run(it).unwrap());
        };
        done(&scratch, keep).await;
    }
    let ids = [2, 1, 3].map(invoice_id);
    let runs = scratch.match_runs(&ids).await.unwrap();
    let found: Vec<_> = runs.into_iter().map(|it| (it.invoice_id, it.run_no)).collect();
    let expected = [(1, 101), (1, 2), (2, 101), (2, 2)];
    assert_eq!(found, expected.map(|(number, run_no)| (invoice_id(number), run_no)));
    let kept = scratch.whole_invoices(&ids).await.unwrap();
    assert_eq!(kept.len(), 2);
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
