//! Calling an order off, off the queue: tried until the back end did it, and put before a person
//! where it refuses, because goods came meanwhile.

use super::observe::observe_work;
use crate::Process;
use crate::work::payload;
use canonical::{Error, Kind, Lane, PurchaseOrderNumber, Result};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::time::Duration;
use store::{Batch, NewWork, Work};

/// The kind of work that calls an order off.
pub(crate) const CANCEL_ORDER: &str = "cancel_order";

#[derive(Debug, Serialize, Deserialize)]
struct CancelOrder {
    purchase_order: PurchaseOrderNumber,
}

/// The work of calling an order off: once per order.
pub(crate) fn cancel_work(
    number: &PurchaseOrderNumber,
    correlation_id: &str,
    now: Timestamp,
) -> NewWork {
    let payload = CancelOrder { purchase_order: number.clone() };
    NewWork {
        id: format!("{CANCEL_ORDER}:{number}"),
        lane: Lane::Critical,
        kind: CANCEL_ORDER.to_owned(),
        key: format!("cancel_order:{number}"),
        correlation_id: Some(correlation_id.to_owned()),
        // ok: a text always has a JSON form
        payload_json: serde_json::to_string(&payload).unwrap_or_default(),
        run_at: now,
        created_at: now,
    }
}

impl Process {
    /// Tries once to call the order of an item of work off.
    pub(crate) async fn cancel_order(&self, work: &Work) -> Result<()> {
        let CancelOrder { purchase_order } = payload(work)?;
        let purchasing = self.system().purchasing();
        let purchasing =
            purchasing.ok_or_else(|| Error::unavailable("no back end cancels orders now"))?;
        let limit = Duration::from_millis(self.posting().timeout_ms);
        let cancelling = tokio::time::timeout(limit, purchasing.cancel(&purchase_order));
        match cancelling.await {
            Ok(Ok(_cancelled)) => {}
            // goods do not go back by asking again
            Ok(Err(error)) if error.kind() == Kind::Conflict => {
                return self.settle(work, |it| it.bury_work(work, self.now(), &error)).await;
            }
            Ok(Err(error)) => return Err(error),
            Err(elapsed) => {
                let error = Error::timed_out("the procurement system did not answer in time");
                return Err(error.because(elapsed));
            }
        }
        let followed = self.store().followed_orders(std::slice::from_ref(&purchase_order)).await?;
        let mut batch = Batch::new();
        if let Some(followed) = followed.get(&purchase_order) {
            batch.enqueue_work(observe_work(followed, &work.id, self.now()));
        }
        batch.complete_work(work);
        self.commit_work(work, batch).await
    }
}
