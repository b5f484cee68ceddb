use crate::testing::{Scratch, at, done, stale};
use crate::{AccrualRecord, Accrued, JournalRecord};
use canonical::{JournalIntent, JournalState};
use serde_json::json;

fn run(id: &str, period: &str) -> AccrualRecord {
    AccrualRecord {
        id: id.to_owned(),
        period: period.parse().unwrap(),
        body_json: "{}".to_owned(),
        created_at: at(1),
    }
}

fn accrued(line: u32, accrued: i64) -> Accrued {
    let number = "PO-9".parse().unwrap();
    Accrued { number, line, currency: "USD".parse().unwrap(), accrued, in_transit: 0 }
}

#[tokio::test]
async fn what_runs_of_a_period_accrued_adds_up_by_order_line() {
    let scratch = Scratch::open().await;
    done(&scratch, |batch| {
        batch.insert_accrual_run(&run("acr_1", "2026-03"), &[accrued(10, 500), accrued(20, 7)]);
        batch.insert_accrual_run(&run("acr_2", "2026-03"), &[accrued(10, -200)]);
        batch.insert_accrual_run(&run("acr_3", "2026-04"), &[accrued(10, 9_999)]);
    })
    .await;
    let mut found = scratch.accrued("2026-03".parse().unwrap()).await.unwrap();
    found.sort_by_key(|it| it.line);
    assert_eq!(found, [accrued(10, 300), accrued(20, 7)]);
    assert_eq!(scratch.accrual_run("acr_2").await.unwrap(), run("acr_2", "2026-03"));
    assert!(scratch.accrual_run("acr_9").await.is_err());
}

fn journal(key: &str) -> JournalRecord {
    let amount = json!({ "amount": "5.00", "currency": "USD" });
    let line = |role: &str, side: &str| json!({ "role": role, "side": side, "amount": amount });
    let intent: JournalIntent = serde_json::from_value(json!({
        "key": key, "period": "2026-03", "posting_date": "2026-03-31", "description": "Accrual",
        "source": "acr_1", "lines": [line("expense", "debit"), line("accrued_liability", "credit")],
    }))
    .unwrap();
    JournalRecord {
        intent,
        run_id: "acr_1".to_owned(),
        state: JournalState::Accepted,
        document_number: None,
        detail: None,
        created_at: at(1),
        updated_at: at(1),
    }
}

#[tokio::test]
async fn a_posted_journal_stays_posted() {
    let scratch = Scratch::open().await;
    let first = journal("acr_1-1");
    done(&scratch, |batch| batch.insert_journal(&first).unwrap()).await;
    let _guard = stale(&scratch, |batch| batch.insert_journal(&first).unwrap()).await;
    let posted = JournalRecord {
        state: JournalState::Posted,
        document_number: Some("J-1".to_owned()),
        ..first.clone()
    };
    done(&scratch, |batch| batch.update_journal(&posted)).await;
    let _guard = stale(&scratch, |batch| batch.update_journal(&first)).await;
    assert_eq!(scratch.journal(first.intent.key()).await.unwrap(), posted);
    assert_eq!(scratch.journals_of("acr_1").await.unwrap(), [posted]);
}
