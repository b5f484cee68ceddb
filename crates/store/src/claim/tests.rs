use super::of_lines;
use crate::testing::{Scratch, done, head, insert, invoice_id};
use crate::{NewClaim, OrderLine};
use canonical::{Currency, InvoiceState};

fn line(order: &str, line: u32) -> OrderLine {
    OrderLine { number: order.parse().unwrap(), line }
}

fn claim(invoice: usize, order_line: OrderLine, quantity: &str) -> NewClaim {
    NewClaim {
        order_line,
        invoice_id: invoice_id(invoice),
        invoice_line: 1,
        receipt_number: (invoice == 2).then(|| "R-1".parse().unwrap()),
        quantity: quantity.to_owned(),
        uom: "EA".to_owned(),
        amount: "1280.00".to_owned(),
        currency: Currency::USD,
        turn: None,
    }
}

#[tokio::test]
async fn claims_come_back_exactly_and_in_the_order_of_turns() {
    let scratch = Scratch::open().await;
    insert(&scratch, &head(1)).await;
    insert(&scratch, &head(2)).await;
    let booked = [
        claim(2, line("PO-9", 20), "7/12"),
        claim(1, line("PO-9", 10), "40"),
        claim(2, line("PO-9", 10), "-3.5"),
        claim(1, line("PO-8", 10), "1"),
    ];
    done(&scratch, |batch| booked.iter().for_each(|it| batch.insert_claim(it))).await;
    let lines = [line("PO-9", 10), line("PO-9", 20), line("PO-7", 1), line("PO-9", 10)];
    let claims = scratch.claims(lines).await.unwrap();
    assert!(claims.iter().all(|it| it.invoice_state == InvoiceState::Matched));
    let claims: Vec<NewClaim> = claims.into_iter().map(|it| it.claim).collect();
    // every claim of an invoice has the turn of its first
    let turned = |it: &NewClaim, turn| NewClaim { turn: Some(turn), ..it.clone() };
    let [second, first, second_too, _other_order] = &booked;
    assert_eq!(claims, [turned(second, 1), turned(second_too, 1), turned(first, 2)]);
    assert!(scratch.claims([]).await.unwrap().is_empty());
}

#[tokio::test]
async fn an_invoice_gives_its_claims_back() {
    let scratch = Scratch::open().await;
    for number in [1, 2] {
        insert(&scratch, &head(number)).await;
        let claim = claim(number, line("PO-9", 10), "1");
        done(&scratch, |batch| batch.insert_claim(&claim)).await;
    }
    done(&scratch, |batch| batch.remove_claims(&invoice_id(1))).await;
    assert!(scratch.claims_of(&invoice_id(1)).await.unwrap().is_empty());
    let left = scratch.claims([line("PO-9", 10)]).await.unwrap();
    assert_eq!(left.iter().map(|it| &it.claim.invoice_id).collect::<Vec<_>>(), [&invoice_id(2)]);
}

#[tokio::test]
async fn claims_of_many_lines_keep_their_order() {
    let scratch = Scratch::open().await;
    insert(&scratch, &head(1)).await;
    let lines: Vec<_> = (1..=700).map(|it| line("PO-9", it)).collect();
    done(&scratch, |batch| {
        for it in lines.iter().rev() {
            batch.insert_claim(&claim(1, it.clone(), "1"));
        }
    })
    .await;
    let claims = scratch.claims(lines.clone()).await.unwrap();
    let found: Vec<_> = claims.into_iter().map(|it| it.claim.order_line).collect();
    assert!(found.iter().eq(lines.iter().rev()));
}

#[tokio::test]
async fn claims_are_found_by_index() {
    let scratch = Scratch::open().await;
    let query = of_lines(&[line("PO-9", 10), line("PO-9", 20)]);
    if scratch.is_postgres() {
        return scratch.assert_walks(&query.sql, &["claim_by_order_line", "invoice_id_key"]);
    }
    let plan = scratch.plan(&query.sql);
    assert!(plan.contains("INDEX claim_by_order_line"), "{plan}");
    assert!(!plan.contains("SCAN c") && !plan.contains("SCAN i"), "{plan}");
}

#[tokio::test]
async fn an_invoice_that_is_booked_again_keeps_its_turn_and_a_credit_takes_one() {
    let scratch = Scratch::open().await;
    for number in [1, 2, 3] {
        insert(&scratch, &head(number)).await;
    }
    for number in [1, 2] {
        let claim = claim(number, line("PO-9", 10), "1");
        done(&scratch, |batch| batch.insert_claim(&claim)).await;
    }
    let again = NewClaim { turn: Some(1), ..claim(1, line("PO-9", 10), "2") };
    let credit = NewClaim { turn: Some(1), ..claim(3, line("PO-9", 10), "-1") };
    done(&scratch, |batch| {
        batch.remove_claims(&invoice_id(1));
        batch.insert_claim(&again);
        batch.insert_claim(&credit);
    })
    .await;
    let claims = scratch.claims([line("PO-9", 10)]).await.unwrap();
    let quantities: Vec<&str> = claims.iter().map(|it| it.claim.quantity.as_str()).collect();
    assert_eq!(quantities, ["2", "-1", "1"]);
}
