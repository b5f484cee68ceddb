use crate::testing::{Scratch, at, blocked, decimal, done, head, insert, invoice, stale};
use crate::{Erp, ErpStatus, InvoiceHead};
use canonical::{Code, InvoiceState, Kind, Outcome};

#[tokio::test]
async fn an_invoice_comes_back_as_it_was_taken_in() {
    let scratch = Scratch::open().await;
    let head = InvoiceHead {
        facility_id: Some("LAKESIDE".parse().unwrap()),
        erp: Some(Erp {
            status: ErpStatus::Pending,
            id: None,
            document_number: None,
            detail: None,
            attempts: 0,
        }),
        ..head(1)
    };
    insert(&scratch, &head).await;
    let record = scratch.invoice(&head.id).await.unwrap();
    assert_eq!(record.invoice, invoice(&head));
    assert_eq!(record.head, head);
}

#[tokio::test]
async fn an_unknown_invoice_is_not_found() {
    let scratch = Scratch::open().await;
    assert_eq!(scratch.invoice(&head(1).id).await.unwrap_err().kind(), Kind::NotFound);
}

#[tokio::test]
async fn an_update_writes_what_may_change() {
    let scratch = Scratch::open().await;
    insert(&scratch, &blocked(1, &[Code::Qty02, Code::Prc01])).await;
    let mut head = scratch.invoice(&head(1).id).await.unwrap().head;
    assert_eq!((head.version, head.waiting_since), (1, Some(at(1))));
    head.state = InvoiceState::Matched;
    head.outcome = Outcome::MatchedWithinTolerance;
    head.codes = vec![Code::Amt03];
    head.at_stake = decimal("0.00");
    head.run_no = 2;
    head.updated_at = at(9);
    head.erp = Some(Erp {
        status: ErpStatus::Posted,
        id: Some("417".to_owned()),
        document_number: Some("BILL/1".to_owned()),
        detail: None,
        attempts: 1,
    });
    done(&scratch, |batch| batch.update_invoice(&head).unwrap()).await;
    let kept = scratch.invoice(&head.id).await.unwrap().head;
    assert_eq!(kept, InvoiceHead { version: 2, waiting_since: None, ..head });
}

#[tokio::test]
async fn an_update_of_what_somebody_changed_is_stale() {
    let scratch = Scratch::open().await;
    insert(&scratch, &head(1)).await;
    let head = scratch.invoice(&head(1).id).await.unwrap().head;
    done(&scratch, |batch| batch.update_invoice(&head).unwrap()).await;
    let guard = stale(&scratch, |batch| batch.update_invoice(&head).unwrap()).await;
    assert_eq!(guard, format!("invoice {}", head.id));
}

#[tokio::test]
async fn waiting_does_not_start_again_while_it_lasts() {
    let scratch = Scratch::open().await;
    insert(&scratch, &blocked(1, &[Code::Qty01])).await;
    let mut head = scratch.invoice(&head(1).id).await.unwrap().head;
    head.state = InvoiceState::Exception;
    head.updated_at = at(50);
    done(&scratch, |batch| batch.update_invoice(&head).unwrap()).await;
    let kept = scratch.invoice(&head.id).await.unwrap().head;
    assert_eq!(kept.waiting_since, Some(at(1)));
}

#[tokio::test]
async fn a_payload_is_found_on_its_channel_only() {
    let scratch = Scratch::open().await;
    insert(&scratch, &head(1)).await;
    let again = InvoiceHead { payload_sha256: head(1).payload_sha256, ..head(2) };
    insert(&scratch, &again).await;
    let sha256 = &again.payload_sha256;
    let first = scratch.invoice_of_payload(sha256, "api").await.unwrap().unwrap();
    assert_eq!(first.id, head(1).id);
    assert_eq!(scratch.invoice_of_payload(sha256, "portal").await.unwrap(), None);
}

#[tokio::test]
async fn invoices_alike_are_found_within_their_group() {
    let scratch = Scratch::open().await;
    let group = |number, group: &str| InvoiceHead {
        normalised_number: "77".to_owned(),
        supplier_group: group.to_owned(),
        ..head(number)
    };
    for head in [group(1, "A"), group(2, "B"), group(3, "A"), head(4)] {
        insert(&scratch, &head).await;
    }
    let alike = scratch.invoices_alike("A", "77").await.unwrap();
    assert_eq!(alike.iter().map(|it| &it.id).collect::<Vec<_>>(), [&head(3).id, &head(1).id]);
}

#[tokio::test]
async fn invoices_are_found_by_the_suppliers_number() {
    let scratch = Scratch::open().await;
    for number in 1..4 {
        insert(&scratch, &head(number)).await;
    }
    let found = scratch.invoices_numbered(&"INV-2".parse().unwrap()).await.unwrap();
    assert_eq!(found.iter().map(|it| &it.id).collect::<Vec<_>>(), [&head(2).id]);
}
