//! Tryton goes away in the middle: refusals say when to come back, and nothing accepted is lost.

use crate::gateway::Gateway;
use crate::rpc::Tryton;
use crate::{TRYTON_IS_UP, order, x12};
use std::path::PathBuf;
use std::process::Command;

fn serve(verb: &str) {
    let script = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tryton/serve");
    assert!(Command::new(script).arg(verb).status().unwrap().success(), "serve {verb}");
}

#[tokio::test]
async fn an_outage_refuses_with_retry_after_and_loses_nothing_accepted() {
    let _alone = TRYTON_IS_UP.write().await;
    let gateway = Gateway::start().await;
    let order = order("received_twice");
    let accepted = x12("MS-810-4", &order, 60, "12.50", "750.00");
    let accepted = gateway.submit("k-1", "application/edi-x12", &accepted).await;
    serve("stop");
    assert_eq!(accepted.body["outcome"], "matched", "{accepted:?}");

    let refused = x12("MS-810-5", &order, 40, "12.50", "500.00");
    let answer = gateway.submit("k-2", "application/edi-x12", &refused).await;
    assert!(matches!(answer.status, 502 | 503), "{answer:?}");
    assert!(answer.retry_after.is_some(), "{answer:?}");
    assert!(matches!(answer.body["code"].as_str(), Some("unavailable" | "upstream")));

    // what was accepted can be read while the finance system is away
    let id = accepted.body["id"].as_str().unwrap();
    let record = gateway.get(&format!("/process/v1/invoices/{id}")).await;
    assert_eq!(record["state"], "matched");

    serve("restart");
    let record = gateway.booked(id).await;
    assert_eq!(record["erp_document"]["status"], "posted", "{record:#}");
    let mut answer = gateway.submit("k-2", "application/edi-x12", &refused).await;
    for _breaker_cools_down in 0..60 {
        if answer.status == 202 {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(500)).await;
        answer = gateway.submit("k-2", "application/edi-x12", &refused).await;
    }
    assert_eq!(answer.body["outcome"], "matched", "{answer:?}");
    gateway.booked(answer.body["id"].as_str().unwrap()).await;

    let finance = Tryton::login("payables").await;
    assert_eq!(finance.invoices("MS-810-4").await.len(), 1);
    assert_eq!(finance.invoices("MS-810-5").await.len(), 1);
}
