//! Ordering off the queue: an approved requisition becomes one order, however often this runs. A
//! result that is not known is inquired before anything is sent again.

use super::act::stepped;
use super::{Body, RequisitionTrigger};
use crate::Process;
use crate::order::Lifecycle;
use crate::work::{OWN_NAME, payload};
use canonical::{
    Error, Kind, Lane, MatchBasis, NewPurchaseOrder, NewRequisition, PurchaseOrder,
    PurchaseOrderLine, RequisitionId, RequisitionLine, RequisitionState, Result,
};
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use std::time::Duration;
use store::{Batch, Committed, FollowedOrder, NewWork, Work};
use system::Purchasing;

/// The kind of work that orders what a requisition asks for.
pub(crate) const PLACE_ORDER: &str = "place_order";

#[derive(Debug, Serialize, Deserialize)]
struct PlaceOrder {
    requisition_id: RequisitionId,
}

/// The work of ordering: once per requisition.
pub(super) fn work(id: &RequisitionId, now: Timestamp) -> NewWork {
    let payload = PlaceOrder { requisition_id: id.clone() };
    NewWork {
        id: format!("{PLACE_ORDER}:{id}"),
        lane: Lane::Critical,
        kind: PLACE_ORDER.to_owned(),
        key: format!("requisition:{id}"),
        correlation_id: Some(id.to_string()),
        // ok: a text always has a JSON form
        payload_json: serde_json::to_string(&payload).unwrap_or_default(),
        run_at: now,
        created_at: now,
    }
}

impl Process {
    /// Tries once to order what an item of work is about.
    pub(crate) async fn place_order(&self, work: &Work) -> Result<()> {
        let PlaceOrder { requisition_id } = payload(work)?;
        let kept = self.store().requisition(&requisition_id).await?;
        let purchasing = self.system().purchasing();
        let purchasing = purchasing.ok_or_else(|| {
            Error::unavailable("no back end makes orders of requisitions; configure one")
        })?;
        let limit = Duration::from_millis(self.posting().timeout_ms);
        let placing = self.placed(work, kept, purchasing);
        let placed = tokio::time::timeout(limit, placing).await.unwrap_or_else(|elapsed| {
            let error = Error::timed_out("the procurement system did not answer in time");
            Err(error.because(elapsed))
        });
        match placed {
            // a business reason does not go away by asking again
            Err(error) if error.kind() == Kind::Conflict => {
                self.settle(work, |batch| batch.bury_work(work, self.now(), &error)).await
            }
            other => other,
        }
    }

    async fn placed(
        &self,
        work: &Work,
        kept: store::Requisition,
        purchasing: &dyn Purchasing,
    ) -> Result<()> {
        let before = match work.attempts {
            0 | 1 if work.replays == 0 => None,
            _ => purchasing.find(&kept.id).await?,
        };
        match (kept.state, before) {
            (RequisitionState::Approved, Some(order)) => self.ordered(work, kept, &order).await,
            (RequisitionState::Approved, None) => {
                let new = order(&kept.id, &Body::of(&kept)?.content, self.today());
                let order = purchasing.place(&new).await?;
                self.ordered(work, kept, &order).await
            }
            // withdrawn while it was being ordered
            (RequisitionState::Closed, Some(order)) => {
                purchasing.cancel(&order.number).await?;
                self.settle(work, |batch| batch.complete_work(work)).await
            }
            _ => self.settle(work, |batch| batch.complete_work(work)).await,
        }
    }

    async fn ordered(
        &self,
        work: &Work,
        mut kept: store::Requisition,
        order: &PurchaseOrder,
    ) -> Result<()> {
        kept.purchase_order_number = Some(order.number.clone());
        let (id, now) = (kept.id.clone(), self.now());
        let (next, event) = stepped(kept, RequisitionTrigger::Order, (OWN_NAME, None), now)?;
        let mut batch = Batch::new();
        batch.update_requisition(&next);
        batch.follow_order(&FollowedOrder {
            number: order.number.clone(),
            version: 1,
            correlation_id: id.to_string(),
            lifecycle: Lifecycle::of(order.status).name().to_owned(),
        });
        batch.append_event(&event, &[])?;
        batch.complete_work(work);
        match self.store().commit(batch).await? {
            Committed::Done => Ok(()),
            // ok: the order is found again by its requisition
            Committed::Stale { guard } => {
                Err(Error::unavailable("the requisition changed while it was ordered")
                    .because(guard))
            }
        }
    }
}

fn order(id: &RequisitionId, content: &NewRequisition, today: Date) -> NewPurchaseOrder {
    NewPurchaseOrder {
        requisition_id: id.clone(),
        supplier_id: content.supplier_id.clone(),
        currency: content.currency,
        order_date: today,
        facility_id: content.facility_id.clone(),
        contract_number: content.contract_number.clone(),
        lines: content.lines.iter().map(|it| line(it, content.needed_by)).collect(),
    }
}

fn line(asked: &RequisitionLine, needed_by: Option<Date>) -> PurchaseOrderLine {
    PurchaseOrderLine {
        line_number: asked.line_number,
        item_id: asked.item_id.clone(),
        description: asked.description.clone(),
        quantity: asked.quantity.clone(),
        unit_price: asked.unit_price,
        price_base: asked.price_base,
        price_is_estimated: false,
        match_mode: None,
        match_basis: MatchBasis::Quantity,
        receipt_based_invoice: false,
        earlier_prices: Vec::new(),
        pricing_quantity: None,
        tax_code: None,
        class: None,
        closed: false,
        requested_date: needed_by,
        promised_date: None,
        supplier_item_number: None,
        cost_center_id: asked.cost_center_id.clone(),
        external_ids: Vec::new(),
    }
}
