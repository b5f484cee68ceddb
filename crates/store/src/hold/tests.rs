use crate::testing::{Scratch, at, done, invoice_id, stale};
use crate::{Hold, HoldState};
use canonical::Code;

fn hold(id: &str, invoice: usize, opened: i64) -> Hold {
    Hold {
        id: id.to_owned(),
        invoice_id: invoice_id(invoice),
        code: Code::Qty02,
        key: Some("QTY_OVER_RECEIVED".to_owned()),
        invoice_line: Some(1),
        state: HoldState::Open,
        opened_at: at(opened),
        closed_at: None,
        detail_json: r#"{"limit":null}"#.to_owned(),
    }
}

#[tokio::test]
async fn holds_come_back_by_invoice_and_age() {
    let scratch = Scratch::open().await;
    let document = Hold { key: None, invoice_line: None, ..hold("hold_3", 2, 0) };
    let all = [hold("hold_2", 1, 1), hold("hold_1", 1, 5), document, hold("hold_4", 3, 0)];
    done(&scratch, |batch| all.iter().rev().for_each(|it| batch.insert_hold(it))).await;
    let holds = scratch.holds(&[invoice_id(2), invoice_id(1)]).await.unwrap();
    assert_eq!(holds, all[..3]);
}

#[tokio::test]
async fn a_hold_ends_once() {
    let scratch = Scratch::open().await;
    let open = hold("hold_1", 1, 0);
    done(&scratch, |batch| batch.insert_hold(&open)).await;
    let ended = Hold {
        state: HoldState::Cleared,
        closed_at: Some(at(9)),
        detail_json: r#"{"because":"evt_1"}"#.to_owned(),
        ..open.clone()
    };
    done(&scratch, |batch| batch.move_hold(&ended, HoldState::Open)).await;
    assert_eq!(scratch.holds(&[invoice_id(1)]).await.unwrap(), std::slice::from_ref(&ended));
    assert_eq!(
        stale(&scratch, |batch| batch.move_hold(&ended, HoldState::Open)).await,
        "hold hold_1"
    );
}
