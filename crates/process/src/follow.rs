//! Following the systems of record: what changed there becomes an event here, and the work of
//! matching again what rests on it (`domain.md` A10.1, A18).

use crate::Process;
use crate::event::{self, payload::DocumentChanged};
use crate::invoice::rematch_work;
use canonical::{Change, ChangeKind, Changes, Error, Event, Lane, PurchaseOrderNumber, Result};
use futures_util::future::join_all;
use jiff::Timestamp;
use std::collections::{BTreeMap, BTreeSet};
use store::{Batch, Committed, EventKey, FollowedOrder, Guard};
use system::Feed;

/// The most changes that are taken at once.
const CHANGES_MAX: u32 = 200;

impl Process {
    /// Takes what changed in every back end that tells; says whether there is more already. A back
    /// end that cannot be asked now is asked again the next time: its place stays.
    ///
    /// # Errors
    /// What the store says.
    pub async fn follow(&self) -> Result<bool> {
        let feeds = self.system().feeds().iter();
        let taken = join_all(feeds.map(|(name, feed)| self.take(name, feed.as_ref()))).await;
        let mut more = false;
        for taken in taken {
            more |= taken?;
        }
        Ok(more)
    }

    async fn take(&self, name: &str, feed: &dyn Feed) -> Result<bool> {
        let guard = self.store().guards([format!("feed:{name}")]).await?;
        let place = self.store().place(name).await?;
        let limit = self.facts_timeout();
        let asked = tokio::time::timeout(limit, feed.changes(place.as_deref(), CHANGES_MAX)).await;
        let changes = match asked {
            Ok(Ok(changes)) => changes,
            Ok(Err(error)) => return Ok(untold(name, &error)),
            Err(elapsed) => {
                let error = Error::timed_out("it did not answer in time").because(elapsed);
                return Ok(untold(name, &error));
            }
        };
        if place.as_ref() == Some(&changes.next) {
            return Ok(false);
        }
        let mut batch = self.batch_of(name, &changes).await?;
        guard.iter().for_each(|it| batch.bump_guard(it));
        match self.store().commit(batch).await? {
            Committed::Done => Ok(changes.more),
            // another process took them
            Committed::Stale { .. } => Ok(false),
        }
    }

    /// The events of the changes that are new, the work they make, and the place after them.
    async fn batch_of(&self, name: &str, changes: &Changes) -> Result<Batch> {
        let now = self.now();
        let orders: BTreeSet<_> = changes.items.iter().flat_map(|it| &it.purchase_orders).collect();
        let orders: Vec<_> = orders.into_iter().cloned().collect();
        let followed = self.store().followed_orders(&orders).await?;
        let told = changes.items.iter().map(|it| event_of(name, it, &followed, now));
        let told = told.collect::<Result<Vec<Event>>>()?;
        let ids: Vec<String> = told.iter().map(|it| it.id.clone()).collect();
        let mut known = self.store().known_events(&ids).await?;
        let mut batch = Batch::new();
        for (change, event) in changes.items.iter().zip(&told) {
            // told twice, also within one answer
            if !known.insert(event.id.clone()) {
                continue;
            }
            batch.append_event(event, &keys(change))?;
            let orders: BTreeSet<_> = change.purchase_orders.iter().collect();
            for order in orders {
                // whoever asked before this decides on what is no longer so
                batch.move_guard(Guard::facts(order));
                batch.enqueue_work(rematch_work(order, &event.id, now));
            }
        }
        batch.put_place(name, &changes.next);
        Ok(batch)
    }
}

fn untold(name: &str, error: &Error) -> bool {
    let error: &dyn std::error::Error = error;
    tracing::warn!(backend.name = name, error, "a back end does not tell what changed");
    false
}

/// The event of a change: the same change always makes the same one.
fn event_of(
    back_end: &str,
    change: &Change,
    followed: &BTreeMap<PurchaseOrderNumber, FollowedOrder>,
    now: Timestamp,
) -> Result<Event> {
    let of = event::of_change(change.kind);
    let flow = change.purchase_orders.iter().find_map(|it| followed.get(it));
    let flow = flow.map(|it| it.correlation_id.clone());
    let order = change.purchase_orders.first().map(ToString::to_string);
    let key = order.clone().unwrap_or_else(|| change.document.clone());
    Ok(Event {
        specversion: "1.0".to_owned(),
        id: of.id_by_word(&[back_end, &change.document, &change.version]),
        source: of.source(),
        kind: of.kind(),
        subject: change.document.clone(),
        time: change.effective_at,
        recordedtime: now,
        partitionkey: key.clone(),
        sequence: String::new(),
        correlationid: flow.unwrap_or(key),
        causationid: None,
        traceparent: None,
        bizpo: order,
        bizinvoice: None,
        bizsupplier: change.supplier_id.as_ref().map(ToString::to_string),
        bizfacility: change.facility_id.as_ref().map(ToString::to_string),
        lane: Lane::Critical,
        dataclassification: "internal".to_owned(),
        datacontenttype: "application/json".to_owned(),
        dataschema: Some(of.dataschema()),
        data: event::Type::data(&DocumentChanged {
            back_end,
            document: &change.document,
            version: &change.version,
            purchase_orders: &change.purchase_orders,
            recorded_at: change.recorded_at,
        })?,
    })
}

fn keys(change: &Change) -> Vec<EventKey> {
    let orders = change.purchase_orders.iter().cloned().map(EventKey::PurchaseOrder);
    let document = match change.kind {
        ChangeKind::ReceiptPosted | ChangeKind::ReceiptCorrected | ChangeKind::ReceiptReversed => {
            change.document.parse().ok().map(EventKey::Receipt)
        }
        ChangeKind::PaymentConfirmed => Some(EventKey::Payment(change.document.clone())),
        _ => None,
    };
    orders.chain(document).collect()
}
