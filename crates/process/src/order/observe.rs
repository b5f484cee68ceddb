//! Looking at an order after something happened to it: where it stands now is kept, and told where
//! it is we who see it.

use super::life::Lifecycle;
use crate::Process;
use crate::event::{Told, payload::OrderMoved};
use crate::facts::known;
use crate::requisition::{RequisitionTrigger, stepped};
use crate::work::{OWN_NAME, payload};
use canonical::{Error, Lane, PurchaseOrder, PurchaseOrderNumber, RequisitionState, Result};
use jiff::Timestamp;
use serde::de::IntoDeserializer as _;
use serde::de::value::{Error as WordError, StrDeserializer};
use serde::{Deserialize, Serialize};
use store::{Batch, Committed, FollowedOrder, NewWork, Work};

/// The kind of work that looks at an order.
pub(crate) const OBSERVE_ORDER: &str = "observe_order";

#[derive(Debug, Serialize, Deserialize)]
struct ObserveOrder {
    purchase_order: PurchaseOrderNumber,
    /// What happened: an event, or a piece of evidence.
    trigger: String,
}

/// The work of looking at an order: once per thing that happened.
pub(crate) fn observe_work(order: &FollowedOrder, trigger: &str, now: Timestamp) -> NewWork {
    let number = order.number.clone();
    let payload = ObserveOrder { purchase_order: number, trigger: trigger.to_owned() };
    NewWork {
        id: format!("{OBSERVE_ORDER}:{}:{trigger}", order.number),
        lane: Lane::Critical,
        kind: OBSERVE_ORDER.to_owned(),
        key: format!("purchase_order:{}", order.number),
        correlation_id: Some(order.correlation_id.clone()),
        // ok: two texts always have a JSON form
        payload_json: serde_json::to_string(&payload).unwrap_or_default(),
        run_at: now,
        created_at: now,
    }
}

impl Process {
    /// Looks at those of some orders that are followed, after something happened to an invoice.
    pub(crate) async fn observe_orders(
        &self,
        batch: &mut Batch,
        orders: &[PurchaseOrderNumber],
        trigger: &str,
    ) -> Result<()> {
        for order in self.store().followed_orders(orders).await?.values() {
            batch.enqueue_work(observe_work(order, trigger, self.now()));
        }
        Ok(())
    }

    /// Keeps where the order of an item of work stands now.
    pub(crate) async fn observe(&self, work: &Work) -> Result<()> {
        let ObserveOrder { purchase_order, trigger } = payload(work)?;
        let followed = self.store().followed_orders(std::slice::from_ref(&purchase_order)).await?;
        let (Some(mut followed), Some(look)) =
            (followed.into_values().next(), known(self.look(&purchase_order).await)?)
        else {
            return self.settle(work, |batch| batch.complete_work(work)).await;
        };
        let before = lifecycle(&followed.lifecycle)?;
        let standing = look.standing()?;
        let mut batch = Batch::new();
        if standing.lifecycle != before {
            followed.lifecycle = standing.lifecycle.name().to_owned();
            batch.move_order(&followed);
            for of in standing.lifecycle.events(before) {
                let number = purchase_order.as_str();
                let told = Told {
                    subject: number,
                    version: &followed.version.to_string(),
                    partitionkey: number,
                    correlation_id: &followed.correlation_id,
                    order: Some(&purchase_order),
                    supplier: Some(&standing.supplier_id),
                    facility: look.order.facility_id.as_ref(),
                    now: self.now(),
                };
                let data = OrderMoved {
                    purchase_orders: std::slice::from_ref(&purchase_order),
                    version: standing.version,
                    lifecycle: standing.lifecycle,
                    before,
                    differences: &standing.differences,
                };
                let mut event = told.event(*of, &data)?;
                event.causationid = Some(trigger.clone());
                batch.append_event(&event, &[])?;
            }
        }
        if standing.lifecycle == Lifecycle::Cancelled {
            self.close_requisition(&mut batch, &look.order, &trigger).await?;
        }
        batch.complete_work(work);
        match self.store().commit(batch).await? {
            Committed::Done => Ok(()),
            // ok: whoever moved it meanwhile, the next look is at what stands then
            Committed::Stale { guard } => {
                Err(Error::unavailable("the order moved while it was looked at").because(guard))
            }
        }
    }

    /// What was ordered and called off is asked for no more.
    async fn close_requisition(
        &self,
        batch: &mut Batch,
        order: &PurchaseOrder,
        trigger: &str,
    ) -> Result<()> {
        let Some(id) = &order.requisition_id else { return Ok(()) };
        let Some(kept) = known(self.store().requisition(id).await)? else { return Ok(()) };
        if kept.state != RequisitionState::Ordered {
            return Ok(());
        }
        let by = (OWN_NAME, Some("the order was cancelled"));
        let (next, mut event) = stepped(kept, RequisitionTrigger::CancelOrder, by, self.now())?;
        event.causationid = Some(trigger.to_owned());
        batch.update_requisition(&next);
        batch.append_event(&event, &[])
    }
}

fn lifecycle(word: &str) -> Result<Lifecycle> {
    let reading: StrDeserializer<'_, WordError> = word.into_deserializer();
    Lifecycle::deserialize(reading)
        .map_err(|error| Error::internal("a followed order cannot be read").because(error))
}
